"""Keep the embedded queue's folder small; the queue's own job does the same."""

from typing import Any

from django.utils.translation import gettext as _

from findings.management.base import Answer, LedgerCommand
from rectify import broker


class Command(LedgerCommand):
    help = "Delete old messages of the file queue that are done with; with Redis there are none."

    def answer(self, **options: Any) -> Answer:
        pruned = broker.prune()
        return Answer({"removed": pruned}, [_("%(count)s old messages deleted.") % {"count": pruned}])
