"""The database refuses what must not be: each constraint is violated once."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from accounts.tracked import Tracked, create, store
from findings.choices import DecisionVerdict, ExtensionKind, MessageStatus, Nature, NoticeStatus, Stage
from findings.models import (
    AssistingDepartment,
    CalendarDay,
    CalendarYear,
    Campaign,
    Decision,
    Delivery,
    Evidence,
    Job,
    LedgerImport,
    Measure,
    MeasureSuccessor,
    Message,
    Outage,
    Preference,
    RecommendationLink,
    ReminderRule,
    ReportingPeriod,
    SavedView,
    ScheduledJob,
)
from findings.models.progress import evidence_path
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import plan

Rows = dict[str, Any]
DAY = date(2025, 5, 5)


@pytest.fixture
def rows(past: World) -> Rows:
    """One valid row of each model, by model name."""
    found = factories.hang_all(past, past.measures[0])
    by = {"by": past.office, "at": past.at(10)}
    row, second = found["Measure"], past.measures[1]
    found["AssistingDepartment"] = AssistingDepartment.objects.get(measure=second)
    advice = plan.add_recommendation(past.campaign, answers=[row], number=1, title="Advice", **by)
    found["RecommendationLink"] = RecommendationLink.objects.get(recommendation=advice)
    found["MeasureSuccessor"] = create(MeasureSuccessor, measure=row, successor=second, **by)
    found["CalendarDay"] = create(CalendarDay, day=DAY, is_working=False, name="Holiday", **by)
    write(copy(found["Evidence"], replaces=found["Evidence"]))
    found["Revision"] = Evidence.objects.get(replaces=found["Evidence"])
    found["Message"] = Message.objects.order_by("pk").first()
    found["Delivery"] = Delivery.objects.create(
        message=found["Message"], channel="mail", not_before=past.at(10), status="sent", sent_at=past.at(10)
    )
    found["Outage"] = Outage.objects.create(channel="mail", since=past.at(10), not_before=past.at(11), error="no")
    found["Preference"] = create(Preference, person=past.office, paused_from=DAY, paused_until=DAY, **by)
    found["ReminderRule"] = create(ReminderRule, court=past.court, code="due-1", condition="due", roles="head", **by)
    found["LedgerImport"] = create(
        LedgerImport, campaign=past.campaign, number=1, kind="ledger", filename="a.xlsx", sha256="0" * 64,
        uploaded_by=past.office, **by,
    )  # fmt: skip
    found["Job"] = Job.objects.create(name="export", key="once", asked_at=past.at(10))
    found["SavedView"] = create(SavedView, person=past.office, campaign=past.campaign, kind="ledger", name="Late", **by)
    found["ScheduledJob"] = ScheduledJob.objects.create(name="remind")
    found["Columns"] = create(SavedView, person=past.office, kind="ledger", columns=["goal"], **by)
    found["Conversion"] = factories.extension_at(Stage.HEAD, past, row=past.measures[3], kind="conversion")
    found["Returned"] = factories.progress_at("returned", past, row=second)
    return found


def write(row: models.Model) -> None:
    """Write past every rule but the database's own."""
    with transaction.atomic():
        if isinstance(row, Tracked):
            store(row, by=None)
        elif isinstance(row, Decision):
            models.Model.save(row)
        else:
            row.save()


def copy(row: models.Model, **values: Any) -> models.Model:
    """An unsaved second row with the same values but those given."""
    other = type(row)(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields} | {"id": None})
    for name, value in values.items():
        setattr(other, name, value)
    return other


TWICE: list[tuple[str, Callable[[Rows], models.Model]]] = [
    ("campaign slug", lambda r: copy(r["Campaign"])),
    ("reportingperiod_code", lambda r: copy(r["ReportingPeriod"], starts_on=r["ReportingPeriod"].ends_on)),
    ("reportingperiod_start", lambda r: copy(r["ReportingPeriod"], code="other")),
    ("area_number", lambda r: copy(r["Area"])),
    ("issue_number", lambda r: copy(r["Issue"])),
    ("measure_number", lambda r: copy(r["Measure"])),
    ("measuresuccessor_once", lambda r: copy(r["MeasureSuccessor"])),
    ("assistingdepartment_once", lambda r: copy(r["AssistingDepartment"])),
    ("recommendationlink_once", lambda r: copy(r["RecommendationLink"])),
    ("progressupdate_once", lambda r: copy(r["ProgressUpdate"])),
    ("evidence replaces", lambda r: copy(r["Revision"])),
    ("closurerequest_one_pending", lambda r: copy(r["ClosureRequest"])),
    ("savedview_name", lambda r: copy(r["SavedView"])),
    ("savedview_columns", lambda r: copy(r["Columns"])),
    ("extension_one_pending", lambda r: copy(r["Conversion"])),
    ("decision_signed_once_closure", lambda r: copy(r["Decision"])),
    ("decision_signed_once_extension", lambda r: copy(r["Extension"].decisions.first())),
    ("lookbackround_number", lambda r: copy(r["LookbackRound"])),
    ("recheck_once", lambda r: copy(r["Recheck"])),
    ("supervisionnotice_number", lambda r: copy(r["SupervisionNotice"])),
    ("ruledocument_number", lambda r: copy(r["RuleDocument"])),
    ("ruledocumentmeasure_once", lambda r: copy(r["RuleDocumentMeasure"])),
    ("meetingmeasure_once", lambda r: copy(r["MeetingMeasure"])),
    ("report_revision", lambda r: copy(r["Report"], period=r["ReportingPeriod"])),
    ("report_revision_alone", lambda r: copy(r["Report"])),
    ("reportsentence_place", lambda r: copy(r["ReportSentence"])),
    ("calendar day", lambda r: copy(r["CalendarDay"])),
    ("message key", lambda r: copy(r["Message"])),
    ("delivery_once", lambda r: copy(r["Delivery"])),
    ("outage channel", lambda r: copy(r["Outage"])),
    ("preference person", lambda r: copy(r["Preference"])),
    ("reminderrule_code", lambda r: copy(r["ReminderRule"])),
    ("ledgerimport_number", lambda r: copy(r["LedgerImport"])),
    ("job_key", lambda r: copy(r["Job"])),
]


def refusal(row: models.Model) -> str:
    """What the database says to the row; "" where it takes it."""
    try:
        write(row)
    except IntegrityError as error:
        return str(error)
    return ""


def test_second_row_is_refused(rows: Rows) -> None:
    write(copy(rows["Report"], period=rows["ReportingPeriod"]))

    said = {name: refusal(twin(rows)).lower() for name, twin in TWICE}

    assert {name: text for name, text in said.items() if "unique" not in text} == {}


EVE = timedelta(days=1)
BROKEN: list[tuple[str, str, Rows | Callable[[Any], Rows]]] = [
    ("campaign_onsite", "Campaign", lambda c: {"onsite_from": c.feedback_on, "onsite_until": c.feedback_on - EVE}),
    (
        "campaign_onsite",
        "Campaign",
        lambda c: {"onsite_from": c.feedback_on, "onsite_until": c.feedback_on + EVE},
    ),
    ("campaign_phases", "Campaign", lambda c: {"concentrated_until": c.feedback_on - EVE}),
    ("campaign_phases", "Campaign", lambda c: {"sustained_until": c.concentrated_until - EVE}),
    ("campaign_plan", "Campaign", lambda c: {"plan_approved_on": c.feedback_on - EVE}),
    ("campaign_closed", "Campaign", lambda c: {"closed_on": c.feedback_on - EVE}),
    ("campaign_source", "Campaign", {"source": "rumour"}),
    ("campaign_stages", "Campaign", {"closure_stages": ""}),
    ("campaign_stages", "Campaign", {"extension_stages": ""}),
    ("reportingperiod_days", "ReportingPeriod", lambda p: {"starts_on": p.ends_on + EVE}),
    ("reportingperiod_days", "ReportingPeriod", lambda p: {"due_on": p.ends_on}),
    ("reportingperiod_days", "ReportingPeriod", lambda p: {"locks_on": p.due_on - EVE}),
    ("issue_area", "Issue", {"area": None}),
    ("issue_area", "Issue", {"kind": "recommendation"}),
    ("measure_status", "Measure", {"status": "lost"}),
    ("measure_phase", "Measure", {"phase": "later"}),
    ("measure_nature", "Measure", {"nature": "odd"}),
    ("measure_percent", "Measure", {"percent": 101}),
    ("measure_closed_on", "Measure", {"status": "closed"}),
    ("measure_closed_on", "Measure", {"closed_on": DAY}),
    ("measure_started_on", "Measure", {"status": "not_started"}),
    ("measure_started_on", "Measure", {"started_on": None}),
    ("measure_deadlines", "Measure", {"original_deadline": None}),
    ("measuresuccessor_other", "MeasureSuccessor", lambda s: {"successor": s.measure}),
    ("progressupdate_percent", "ProgressUpdate", {"percent": 101}),
    ("progressupdate_status", "ProgressUpdate", {"status": "lost"}),
    ("progressupdate_submitted", "ProgressUpdate", {"submitted_by": None}),
    ("progressupdate_submitted", "ProgressUpdate", {"submitted_at": None}),
    ("progressupdate_returned", "Returned", {"return_reason": ""}),
    ("evidence_size", "Evidence", {"size": 0}),
    ("evidence_digest", "Evidence", {"sha256": ""}),
    ("closurerequest_status", "ClosureRequest", lambda r: {"status": "lost", "ended_at": r.created_at}),
    ("closurerequest_ended", "ClosureRequest", {"status": "approved"}),
    ("closurerequest_ended", "ClosureRequest", lambda r: {"ended_at": r.created_at}),
    ("closurerequest_stages", "ClosureRequest", {"stages": ""}),
    ("extension_status", "Extension", {"status": "lost"}),
    ("extension_ended", "Extension", {"ended_at": None}),
    ("extension_stages", "Extension", {"stages": ""}),
    ("extension_later", "Extension", lambda e: {"new_deadline": e.old_deadline}),
    ("extension_later", "Extension", {"new_deadline": None}),
    ("extension_later", "Extension", {"old_deadline": None}),
    ("extension_conversion", "Extension", {"new_nature": Nature.PHASED}),
    ("extension_conversion", "Conversion", {"new_nature": Nature.DATED}),
    ("extension_conversion", "Conversion", {"stage_goal": ""}),
    ("extension_conversion", "Conversion", {"recheck_on": None}),
    ("decision_request", "Decision", {"closure": None}),
    ("decision_by", "Decision", {"by": None}),
    ("decision_by", "Decision", {"verdict": DecisionVerdict.PASSED_OVER}),
    ("decision_reason", "Decision", {"verdict": DecisionVerdict.RETURNED, "opinion": ""}),
    ("issueverdict_state", "IssueVerdict", {"state": "lost"}),
    ("lookbackround_size", "LookbackRound", {"size": 0}),
    ("lookbackround_due", "LookbackRound", lambda r: {"due_on": r.drawn_on - EVE}),
    ("lookbackround_concluded", "LookbackRound", {"concluded_on": DAY}),
    ("lookbackround_concluded", "LookbackRound", {"conclusion": "Good"}),
    ("recheck_verdict", "Recheck", {"verdict": "lost"}),
    ("recheck_verdict", "Recheck", {"verdict": ""}),
    ("recheck_verdict", "Recheck", {"verdict": "", "checked_on": None, "round": None}),
    ("recheck_verdict", "Recheck", {"checked_on": None}),
    ("recheck_verdict", "Recheck", {"finding": ""}),
    ("recheck_next", "Recheck", lambda r: {"next_on": r.checked_on}),
    ("message_status", "Message", {"status": "lost", "sent_at": None}),
    ("message_sent", "Message", {"sent_at": None}),
    ("message_sent", "Message", {"status": MessageStatus.WAITING}),
    ("delivery_channel", "Delivery", {"channel": "lost"}),
    ("delivery_status", "Delivery", {"status": "lost", "sent_at": None}),
    ("delivery_sent", "Delivery", {"sent_at": None}),
    ("delivery_sent", "Delivery", {"status": "waiting"}),
    ("preference_pause", "Preference", {"paused_until": None}),
    ("preference_pause", "Preference", {"paused_from": None}),
    ("preference_pause", "Preference", {"paused_until": DAY - EVE}),
    ("ledgerimport_state", "LedgerImport", {"state": "lost"}),
    ("ledgerimport_applied", "LedgerImport", {"state": "applied", "reason": "Because"}),
    ("ledgerimport_applied", "LedgerImport", lambda r: {"applied_at": r.created_at}),
    ("job_state", "Job", {"state": "lost"}),
    ("scheduledjob_state", "ScheduledJob", {"state": "lost"}),
    ("job_ended", "Job", {"state": "done"}),
    ("job_ended", "Job", lambda r: {"ended_at": r.asked_at}),
    ("progressupdate_correction", "ProgressUpdate", {"correction": "Of nothing"}),
    ("progressupdate_correction", "ProgressUpdate", lambda r: {"corrects": r}),
    ("reminderrule_condition", "ReminderRule", {"condition": "lost"}),
    ("reminderrule_unit", "ReminderRule", {"unit": "lost"}),
    ("reminderrule_roles", "ReminderRule", {"roles": ""}),
    ("supervisionnotice_status", "SupervisionNotice", {"status": "lost"}),
    ("supervisionnotice_issued", "SupervisionNotice", {"issued_by": None}),
    ("supervisionnotice_issued", "SupervisionNotice", {"issued_on": None, "status": NoticeStatus.RECEIVED}),
    ("supervisionnotice_issued", "SupervisionNotice", {"number": None}),
    ("supervisionnotice_colour", "SupervisionNotice", {"colour": "none"}),
    ("supervisionnotice_replied", "SupervisionNotice", {"status": NoticeStatus.REPLIED}),
    (
        "supervisionnotice_concluded",
        "SupervisionNotice",
        lambda n: {
            "status": NoticeStatus.CONCLUDED,
            "reply": "x",
            "replied_by": n.issued_by,
            "replied_at": n.created_at,
        },
    ),
    ("supervisionnotice_due", "SupervisionNotice", lambda n: {"due_on": n.issued_on - EVE}),
    ("ruledocument_kind", "RuleDocument", {"kind": "song"}),
    ("ruledocument_action", "RuleDocument", {"action": "sung"}),
    ("ruledocument_repealed", "RuleDocument", lambda d: {"repealed_on": d.issued_on - EVE}),
    ("ruledocument_used", "RuleDocument", {"use_checked_on": DAY}),
    ("ruledocument_used", "RuleDocument", {"use_finding": "Used"}),
    ("meetingmeasure_decision", "MeetingMeasure", {"decision": ""}),
    ("meeting_kind", "Meeting", {"kind": "party"}),
    ("report_kind", "Report", {"kind": "song"}),
    ("report_state", "Report", {"state": "lost"}),
    ("report_issued", "Report", {"state": "issued"}),
    ("report_issued", "Report", lambda r: {"issued_at": r.compiled_at}),
    ("report_compiled", "Report", {"figures_text": ""}),
    ("report_compiled", "Report", {"compiled_at": None}),
    ("reportsentence_text", "ReportSentence", {"text": ""}),
    ("reportsentence_settled", "ReportSentence", {"settled_by": None}),
    ("reportsentence_settled", "ReportSentence", {"settled_at": None}),
    ("reportsentence_settled", "ReportSentence", {"settled_by": None, "settled_at": None}),
    ("accountability_kind", "Accountability", {"kind": "song"}),
    ("savedview_named", "SavedView", {"name": ""}),
    ("savedview_named", "SavedView", {"campaign": None}),
    ("savedview_named", "Columns", {"is_shared": True}),
]


def test_broken_row_is_refused(rows: Rows) -> None:
    wrong = []
    for name, model, change in BROKEN:
        row = fresh(rows[model])
        values = change(row) if callable(change) else change
        for field, value in values.items():
            setattr(row, field, value)
        said = refusal(row)
        # A value that is no choice may break another rule of its table first.
        allowed = {rule for rule, other, _change in BROKEN if other == model} if "lost" in values.values() else {name}
        if not any(rule in said for rule in allowed):
            wrong.append((name, values, said))
    assert wrong == []


def test_every_constraint_has_a_case() -> None:
    declared = {
        constraint.name % {"class": model._meta.model_name}
        for model in apps.get_app_config("findings").get_models()
        if not model.__name__.startswith("Historical")
        for constraint in model._meta.constraints
    }

    tried = {name for name, _twin in TWICE} | {name for name, _model, _change in BROKEN}

    assert declared - tried == set()


# --- Small answers -----------------------------------------------------------------------------------------


def test_words_of_every_row(rows: Rows) -> None:
    assert all(str(row) for row in rows.values())


def test_requests_know_their_rows(rows: Rows) -> None:
    request = rows["ClosureRequest"]

    assert rows["Decision"].request == request
    assert rows["Extension"].decisions.first().request == rows["Extension"]
    assert (request.stage, rows["Extension"].stage) == (Stage.OFFICE, "")
    assert (rows["Extension"].get_stage_display(), rows["Extension"].waits_for()) == ("", set())
    assert rows["Conversion"].kind == ExtensionKind.CONVERSION


def test_campaign_and_its_days(past: World) -> None:
    campaign, other = past.campaign, factories.make_campaign(past, closed_on=past.day(60))

    assert [campaign.as_of(past.day(99)), other.as_of(past.day(99)), other.as_of(past.day(5))] == [
        past.day(99),
        past.day(60),
        past.day(5),
    ]
    assert [other.is_closed(past.day(n)) for n in (60, 61)] == [False, True]
    assert [set(Campaign.objects.running(past.day(n))) for n in (-1, 0, 60, 61)] == [
        set(),
        {campaign, other},
        {campaign, other},
        {campaign},
    ]


def test_periods_by_day(rows: Rows, past: World) -> None:
    period = rows["ReportingPeriod"]  # March 2025: due on 7 April, locked after 9 April
    periods = ReportingPeriod.objects

    assert (period.code, period.due_on, period.locks_on) == ("2025-03", date(2025, 4, 7), date(2025, 4, 9))
    assert period in periods.begun(past.begin)
    assert not periods.begun(past.day(-1)).exists()
    assert period in periods.collecting(period.locks_on)
    assert period not in periods.collecting(period.locks_on + EVE)
    assert period in periods.locked(period.locks_on + EVE)
    assert period not in periods.locked(period.locks_on)
    gone = [(period.is_late(period.due_on + n * EVE), period.is_locked(period.locks_on + n * EVE)) for n in (0, 1)]
    assert gone == [(False, False), (True, True)]


def test_calendar_table(rows: Rows) -> None:
    assert CalendarDay.objects.table(DAY, DAY) == {DAY: False}
    assert CalendarDay.objects.table(DAY + EVE, DAY + EVE) == {}
    create(CalendarYear, year=2025, by=None)
    assert CalendarYear.objects.known() == {2025}


def test_message_filters(rows: Rows, past: World) -> None:
    total = Message.objects.count()

    # Messages of a past day are born delivered and read.
    assert (Message.objects.unread().count(), Message.objects.waiting().count()) == (0, 0)
    assert total > 0


def test_words(past: World) -> None:
    expected = {
        "measure": [1, 2, 3, 4],
        "Measure 3": [3, 4],  # 4 by its issue's title
        "issue 1": [1, 2],
        "ISSUE 3": [3, 4],
        "  ": [1, 2, 3, 4],
        "nothing": [],
        "\x00measure": [1, 2, 3, 4],
        "999999999999": [],
    }

    found = {words: list(Measure.objects.words(words).values_list("number", flat=True)) for words in expected}

    assert found == expected


def test_for_department_holds_lead_and_assisting(past: World) -> None:
    def numbers(department_id: int) -> list[int]:
        return list(Measure.objects.for_department(department_id).values_list("number", flat=True))

    assert numbers(past.a.pk) == [1, 2, 4]
    assert numbers(past.b.pk) == [2, 3]


def test_evidence_keeps_no_uploaded_name() -> None:
    path = evidence_path(Evidence(), "../../etc/passwd.sh")

    assert path.startswith("evidence/20")
    assert "passwd" not in path
    assert "." not in path
