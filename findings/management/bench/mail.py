"""The delivery of the morning's mails to a server on this machine, beside a bare loop of smtplib."""

import smtplib
from datetime import timedelta
from email.message import EmailMessage

from django.conf import settings

from findings import channels
from findings.management.bench.digests import next_working_day
from findings.management.bench.timing import Taken, timed
from findings.models import Message
from findings.morning import morning_of


def mails() -> Taken:
    """What waits in the outbox. ``digests`` has run before."""
    at = morning_of(next_working_day()) + timedelta(hours=1)
    with timed() as watch:
        sent = channels.send_messages(at=at)
    return Taken(sent.sent, watch)


def bare() -> Taken:
    """As many mails with the same texts over one connection."""
    texts = list(Message.objects.order_by("pk").values_list("subject", "body", "recipient__email"))
    with timed() as watch, smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        for subject, body, address in texts:
            mail = EmailMessage()
            mail["Subject"], mail["From"], mail["To"] = subject, settings.DEFAULT_FROM_EMAIL, address
            mail.set_content(body)
            server.send_message(mail)
    return Taken(len(texts), watch)
