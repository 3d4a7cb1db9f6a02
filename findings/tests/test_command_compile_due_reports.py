"""The command that compiles what is due without a queue."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from findings.models import Report
from findings.tests.factories import World

pytestmark = pytest.mark.usefixtures("english")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("compile_due_reports", *arguments, stdout=out)
    return out.getvalue()


def test_compile_due_reports_compiles_in_order_and_once(past: World) -> None:
    slug = past.campaign.slug
    first = json.loads(run("--on", "2025-06-01", "--json"))

    reports = Report.objects.order_by("pk")
    assert first == {
        "on": "2025-06-01",
        "reports": [
            {"campaign": slug, "period": code, "state": "done", "error": "", "report": row.pk, "revision": 1}
            for code, row in zip(["2025-03", "2025-04"], reports, strict=True)
        ],
        "problems": [],
    }
    assert run("--on", "2025-06-01") == "No report is due.\n"


def test_compile_due_reports_names_what_failed(past: World) -> None:
    own = settings.RECTIFY_DATA / "templates" / "period_report.docx"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"not a Word file")
    out = StringIO()
    try:
        with pytest.raises(CommandError) as caught:
            call_command("compile_due_reports", "--on", "2025-04-30", stdout=out)
    finally:
        own.unlink()

    fault = f"{own} is not a usable Word template."
    assert (caught.value.returncode, str(caught.value)) == (2, f"{past.campaign.slug} 2025-03: {fault}")
    assert out.getvalue() == f"{past.campaign.slug} 2025-03: failed {fault}\n"
    assert run("--on", "2025-04-30").strip() == f"{past.campaign.slug} 2025-03: done"


def test_compile_due_reports_refuses_what_is_no_day(past: World) -> None:
    with pytest.raises(CommandError, match="is not a day"):
        run("--on", "soon")
