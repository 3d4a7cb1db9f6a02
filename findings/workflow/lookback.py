"""After closing: rounds of looking again at a sample (回头看), re-checks, the leading group's verdicts on issues."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import create, locked, store
from findings import access
from findings.choices import UNDONE, IssueKind, Nature, RecheckState, RoundState
from findings.models import Campaign, Issue, IssueVerdict, LookbackRound, Measure, Recheck
from findings.models.lookback import Answer, answers_text
from findings.workflow.measure import MEASURE, may_check, reopen
from findings.workflow.sound import next_number
from findings.workflow.step import (
    Act,
    Denied,
    Step,
    acting,
    by_name,
    closed_refusal,
    demand,
    demand_office,
    demand_running,
    only_office,
    reason_given,
)


@dataclass(frozen=True)
class Found:
    """What somebody saw who looked again."""

    verdict: str
    finding: str
    next_on: date | None = None


def new_seed() -> str:
    """A seed that nobody could have chosen for its result."""
    return secrets.token_hex(8)


def draw_key(seed: str, number: int) -> str:
    """SHA-256 of “seed/number” in UTF-8, as hexadecimal: what the draw sorts by."""
    return hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()


def drawn(seed: str, population: Sequence[int], size: int) -> list[int]:
    """The sample, in the order in which it was drawn: of the population those with the smallest keys.

    Anybody can redo it with a hash tool: for each number take the SHA-256 of seed, slash and number, sort the
    numbers by it, and take the first ``size``.
    """
    return sorted(population, key=lambda number: draw_key(seed, number))[:size]


def draw_round(
    campaign: Campaign,
    *,
    title: str,
    size: int,
    questions: str,
    due_on: date,
    seed: str | None = None,
    by: User,
    note: str = "",
    at: datetime | None = None,
) -> LookbackRound:
    """Draw a sample of the measures that are closed that day; each gets a re-check to be made.

    ``questions`` is the check sheet, one a line. Without a seed the system makes one.
    """
    with acting(by, note, at) as act:
        campaign = locked(campaign)
        demand_office(act, campaign.court_id)
        demand_running(campaign, act.on)
        closed = {row.number: row for row in Measure.objects.filter(campaign=campaign).in_plan(act.on).closed()}
        sheet = "\n".join(line.strip() for line in questions.splitlines() if line.strip())
        _check_draw(len(closed), size, sheet, due_on, act.on)
        numbers = sorted(closed)
        row = create(
            LookbackRound, by=by, note=act.note, at=act.at, campaign=campaign, title=title,
            number=next_number(campaign.rounds),
            seed=(seed or "").strip() or new_seed(), population=",".join(map(str, numbers)), size=size,
            questions=sheet, drawn_on=act.on, due_on=due_on,
        )  # fmt: skip
        for number in drawn(row.seed, numbers, size):
            create(Recheck, by=by, note=act.note, at=act.at, measure=closed[number], round=row)
        return row


def is_as_drawn(row: LookbackRound) -> bool:
    """Whether the seed draws the measures of the round's re-checks again."""
    kept = row.rechecks.order_by().values_list("measure__number", flat=True)
    return sorted(drawn(row.seed, row.drawn_from, row.size)) == sorted(kept)


def record_recheck(
    recheck: Recheck,
    *,
    verdict: str,
    answers: Sequence[Answer],
    finding: str,
    next_on: date | None = None,
    by: User,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Recheck:
    """Keep the answered check sheet and the verdict; what did not hold opens the measure again.

    Raises StaleRow where somebody else has recorded it since ``version``.
    """
    with acting(by, note, at) as act:
        measure = locked(recheck.measure)
        recheck = locked(recheck, version=version)
        demand(RECHECK["record"], act, recheck)
        _check_answers(recheck, answers)
        recheck.answers = answers_text(answers)
        return _keep(recheck, measure, Found(verdict, finding, next_on), act)


def correct_recheck(
    recheck: Recheck,
    *,
    verdict: str,
    answers: Sequence[Answer],
    finding: str,
    next_on: date | None = None,
    by: User,
    note: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Recheck:
    """Put right what was recorded of a round's re-check, with a reason; what it said before stays in its history.

    Who checked and when stay as they are. A measure that did not hold after all is opened again; one that the record
    has opened stays open. Raises StaleRow where somebody else has corrected it since ``version``.
    """
    with acting(by, note, at) as act:
        measure = locked(recheck.measure)
        recheck = locked(recheck, version=version)
        demand(RECHECK["correct"], act, recheck)
        reason_given(act)
        _check_answers(recheck, answers)
        before, found = (recheck.verdict, recheck.next_on), Found(verdict, finding, next_on)
        _check_found(measure, found, act.on if next_on != recheck.next_on else recheck.checked_on or act.on)
        recheck.answers, recheck.verdict = answers_text(answers), found.verdict
        recheck.finding, recheck.next_on = found.finding.strip(), found.next_on
        store(recheck, by=by, note=act.note, at=act.at)
        _follow(recheck, measure, before, act)
        return recheck


def recheck_measure(
    measure: Measure,
    *,
    verdict: str,
    finding: str,
    next_on: date | None = None,
    by: User,
    note: str = "",
    at: datetime | None = None,
) -> Recheck:
    """Look again at one standing or closed measure outside a round, and set when to look next."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["recheck"], act, measure)
        return _keep(Recheck(measure=measure), measure, Found(verdict, finding, next_on), act)


def conclude_round(
    row: LookbackRound,
    *,
    conclusion: str,
    by: User,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> LookbackRound:
    """End a round once every re-check of it is made."""
    with acting(by, note, at) as act:
        row = locked(row, version=version)
        demand(ROUND["conclude"], act, row)
        if not conclusion.strip():
            raise Denied(_("Please write what the round has found."), field="conclusion")
        row.conclusion, row.concluded_on = conclusion.strip(), act.on
        store(row, by=by, note=act.note, at=act.at)
        return row


def decide_issue(
    issue: Issue, *, state: str, reason: str, decided_on: date, by: User, note: str = "", at: datetime | None = None
) -> IssueVerdict:
    """Put the leading group's verdict on an issue on record beside the computed state; earlier ones stay."""
    with acting(by, note, at) as act:
        issue = locked(issue)
        refusal = decision_refusal(issue, act.person, act.on)
        if refusal:
            raise Denied(refusal)
        if not reason.strip():
            raise Denied(_("Please give a reason."), field="reason")
        if decided_on > act.on:
            raise Denied(_("The day of the verdict lies in the future."), field="decided_on")
        if decided_on < issue.campaign.feedback_on:
            raise Denied(_("The day of the verdict lies before the feedback."), field="decided_on")
        return create(
            IssueVerdict, by=by, note=act.note, at=act.at, issue=issue, state=state, reason=reason.strip(),
            decided_on=decided_on,
        )  # fmt: skip


def decision_refusal(issue: Issue, user: User, on: date) -> str:
    """ "" where the user can give the verdict on the issue now, else the sentence that says why not."""
    if not access.has_role_at(user, RoleCode.CHIEF, issue.campaign.court_id):
        return _("The verdict on an issue is given by the head of the leading group.")
    if issue.kind != IssueKind.FINDING:
        return _("A recommendation has no state of its own; the measures that answer it have.")
    return closed_refusal(issue.campaign, on)


def _keep(recheck: Recheck, measure: Measure, found: Found, act: Act) -> Recheck:
    """Store what was seen, set the measure's next re-check, and reopen it where it did not hold."""
    _check_found(measure, found, act.on)
    recheck.measure = measure
    recheck.verdict, recheck.finding, recheck.next_on = found.verdict, found.finding.strip(), found.next_on
    recheck.checked_on, recheck.checked_by = act.on, act.by
    store(recheck, by=act.by, note=act.note, at=act.at)
    is_due = measure.recheck_on is not None and measure.recheck_on <= act.on
    if found.next_on or is_due:
        measure.recheck_on = found.next_on
        store(measure, by=act.by, note=act.note, at=act.at)
    if found.verdict in UNDONE and not MEASURE["reopen"].refusal(act.person, measure, act.on):
        reopen(measure, by=act.person, note=_reason(recheck), at=act.at)
    return recheck


def _follow(recheck: Recheck, measure: Measure, before: tuple[str, date | None], act: Act) -> None:
    """What a correction moves on the measure: a next re-check that the record has set, and a reopening it calls for."""
    verdict, next_on = before
    if recheck.next_on != next_on and (next_on is None or measure.recheck_on == next_on):
        measure.recheck_on = recheck.next_on
        store(measure, by=act.by, note=act.note, at=act.at)
    is_new = recheck.verdict in UNDONE and verdict not in UNDONE
    if is_new and not MEASURE["reopen"].refusal(act.person, measure, act.on):
        reopen(measure, by=act.person, note=_reason(recheck), at=act.at)


def _check_answers(recheck: Recheck, answers: Sequence[Answer]) -> None:
    if len(answers) != len(recheck.question_list):
        raise Denied(_("Please answer every question of the check sheet."))


def _reason(recheck: Recheck) -> str:
    """Why the measure is open again: the re-check in one line."""
    words = {"verdict": recheck.get_verdict_display(), "finding": recheck.finding, "round": recheck.round}
    if recheck.round:
        return _("Look-back “%(round)s”: %(verdict)s. %(finding)s") % words
    return _("Re-check: %(verdict)s. %(finding)s") % words


def _check_found(measure: Measure, found: Found, on: date) -> None:
    if not found.finding.strip():
        raise Denied(_("Please write what was found."), field="finding")
    if found.next_on is not None and found.next_on <= on:
        raise Denied(_("Please name a re-check date in the future."), field="next_on")
    if found.next_on is None and measure.nature == Nature.STANDING:
        raise Denied(_("A standing measure is looked at again and again: please name the next date."), field="next_on")


def _check_draw(closed: int, size: int, sheet: str, due_on: date, on: date) -> None:
    if not closed:
        raise Denied(_("No measure is closed, so there is nothing to draw from."))
    if not 0 < size <= closed:
        raise Denied(_("Please draw between 1 and %(most)s: so many measures are closed.") % {"most": closed},
                     field="size")  # fmt: skip
    if not sheet:
        raise Denied(_("Please write at least one question to be asked of each measure."), field="questions")
    if due_on < on:
        raise Denied(_("The day by which the sample is checked lies in the past."), field="due_on")


# --- The tables --------------------------------------------------------------------------------------------


def _may_check_its_measure(user: User, recheck: Recheck, on: date) -> str:
    return may_check(user, recheck.measure, on)


def _round_is_open(user: User, recheck: Recheck, on: date) -> str:
    if recheck.round is None:
        return _("Only a re-check of a look-back round is corrected; look at this measure again instead.")
    if recheck.round.concluded_on:
        return _("The round is concluded; its re-checks stay as they are.")
    return ""


def _all_made(user: User, row: LookbackRound, on: date) -> str:
    left = sum(not recheck.verdict for recheck in row.rechecks.all())
    if not left:
        return ""
    words = ngettext(
        "%(n)s re-check of the round is still to be made.", "%(n)s re-checks of the round are still to be made.", left
    )
    return words % {"n": left}


RECHECK_STEPS = (
    Step("record", gettext_lazy("Record the re-check"), frozenset({RecheckState.TO_MAKE}), RecheckState.MADE,
         _may_check_its_measure, form="sheet"),
    Step("correct", gettext_lazy("Correct the re-check"), frozenset({RecheckState.MADE}), "",
         _may_check_its_measure, (_round_is_open,), form="correction"),
)  # fmt: skip
ROUND_STEPS = (
    Step("conclude", gettext_lazy("Conclude the round"), frozenset({RoundState.CHECKING}), RoundState.CONCLUDED,
         only_office, (_all_made,), form="conclusion"),
)  # fmt: skip
RECHECK = by_name(RECHECK_STEPS)
ROUND = by_name(ROUND_STEPS)
