"""Carry out the runs whose worker or whose place in the queue was lost; the queue's own job asks for the same."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from findings import tasks
from findings.documents import running
from findings.management.base import Answer, LedgerCommand


class Command(LedgerCommand):
    help = "Carry out imports, exports and reports that were asked for and that no worker has ended."

    def answer(self, **options: Any) -> Answer:
        lost = running.take_up_lost(timezone.now())
        for job in lost:
            running.carry_out(job.pk, tasks.RUNS)
        names = [job.name for job in lost]
        return Answer({"jobs": names}, [_("%(count)s lost runs taken up again.") % {"count": len(names)}])
