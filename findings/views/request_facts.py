"""What a signature is about: the reports, the evidence and the decisions that stand behind a request."""

from typing import Any

from findings.models import Evidence, ProgressUpdate, Request

REPORTS = 6  # newest reports shown with a request; the measure's page has all


def facts_of(row: Request) -> dict[str, Any]:
    """The rows that the partial _request_facts.html shows of a request, the newest first.

    The request's decisions are read as they were loaded, with their people.
    """
    files = Evidence.objects.in_force().filter(measure=row.measure).order_by("-created_at", "-pk")
    told = ProgressUpdate.objects.reported().filter(measure=row.measure).select_related("period", "department")
    return {
        "request_row": row, "measure": row.measure, "files": list(files),
        "reports": list(told.order_by("-period__starts_on", "pk")[:REPORTS]),
    }  # fmt: skip
