"""Mail, over Django's mail backend: one connection for a whole run, opened anew after an error."""

import logging
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation

from findings.channels.base import Broken, Down, Refused, address_of, message_id, sentence
from findings.choices import MessageKind
from findings.models import Message

logger = logging.getLogger(__name__)
ERRORS = (SMTPException, OSError, ValueError)
# The mail backend itself cannot be had.
UNSET = (ImproperlyConfigured, ImportError)
# What a server says of one mail; after it the dialogue goes on.
OWN_FAULTS = (SMTPRecipientsRefused, SMTPDataError, SMTPSenderRefused, ValueError)
# The server closes the line.
CLOSING = 421


class Mail:
    knows_repeats: ClassVar[bool] = True

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None

    def opened(self) -> BaseEmailBackend:
        """The open connection. Raises Down."""
        if self.connection is None:
            try:
                connection = get_connection()
                connection.open()
            except (*ERRORS, *UNSET) as error:
                raise Down(sentence(error)) from error
            self.connection = connection
        return self.connection

    def send(self, message: Message, address: str) -> None:
        connection = self.opened()
        try:
            mail_of(message, address, connection).send()
        except ERRORS as error:
            self.close()  # after an error the state of the dialogue is unknown
            if isinstance(error, OWN_FAULTS) and getattr(error, "smtp_code", 0) != CLOSING:
                raise Refused(sentence(error)) from error
            raise Broken(sentence(error)) from error

    def close(self) -> None:
        if self.connection is not None:
            try:
                self.connection.close()
            except ERRORS as error:
                logger.warning("closing the mail connection: %s", error)
            self.connection = None


def mail_of(message: Message, address: str, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of a message in its recipient's language, as text and as HTML."""
    kind = "digest" if message.kind == MessageKind.DIGEST else "message"
    context = {
        "message": message,
        "subject": " ".join(message.subject.split()),  # a line break would begin another header
        "paragraphs": message.paragraphs(),
        "site": settings.SITE_URL,
        "address": address_of(message),
    }
    with translation.override(message.recipient.language or "zh-hans"):
        subject = render_to_string("emails/message.subject.txt", context)
        text = render_to_string("emails/message.txt", context).strip() + "\n"
        html = render_to_string(f"emails/{kind}.html", context)
    mail = EmailMultiAlternatives(
        subject=subject.strip(),
        body=text,
        to=[address],
        connection=connection,
        headers={"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(html, "text/html")
    return mail
