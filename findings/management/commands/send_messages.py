"""Deliver what waits in the outbox; the queue's own job does the same each minute."""

from django.utils.translation import gettext as _

from findings import channels
from findings.management.base import Answer, LedgerCommand


class Command(LedgerCommand):
    help = "Deliver the messages that wait in the outbox."

    def answer(self, **options: object) -> Answer:
        done = channels.send_messages()
        counts = {"sent": done.sent, "failed": done.failed, "waiting": done.waiting}
        line = _("%(sent)s sent, %(failed)s failed, %(waiting)s waiting.") % counts
        fault = _("Not every channel answers (%(why)s).") % {"why": done.outage} if done.outage else ""
        return Answer(counts, [line], fault=fault)
