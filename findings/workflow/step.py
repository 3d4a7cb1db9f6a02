"""The machinery under every lifecycle: a step is a row of a table, a refusal is a sentence."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import chain
from accounts.models import User
from findings import access

if TYPE_CHECKING:
    from findings.models import Campaign

# A check answers "" or the sentence that says why not, and who can help.
Check = Callable[[User, Any, date], str]


class Denied(Exception):
    """The step is not open to this person now; the text is the sentence for the page.

    ``field`` names the form field that is wrong, where one is.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Step:
    """One legal move. ``target`` is "" where the status stays; an implied step has no button of its own."""

    name: str
    label: Promise | str
    sources: frozenset[str]
    target: str
    who: Check
    blockers: tuple[Check, ...] = ()
    implied: bool = False
    form: str = "note"
    caution: bool = False

    def refusal(self, user: User, row: Any, on: date) -> str:
        """ "" where the step is open to the user on that day, else the reason."""
        return next(self._reasons(user, row, on), "")

    def refusals(self, user: User, row: Any, on: date) -> list[str]:
        """All that stands in the way on that day, the reason of ``refusal`` first: what is missing before one asks."""
        return list(self._reasons(user, row, on))

    def _reasons(self, user: User, row: Any, on: date) -> Iterator[str]:
        """Who cannot take the step at all is told that alone; else every blocker that refuses."""
        if closed := closed_refusal(row.campaign_of(), on):
            yield closed
        elif row.status not in self.sources:
            yield _("Not possible while the state is “%(status)s”.") % {"status": row.get_status_display()}
        elif sentence := self.who(user, row, on):
            yield sentence
        else:
            yield from filter(None, (check(user, row, on) for check in self.blockers))


@dataclass(frozen=True)
class Offer:
    """A step as the page shows it: open, or closed with its reason."""

    step: Step
    refusals: list[str]

    @property
    def refusal(self) -> str:
        """The first reason, "" where the step is open."""
        return next(iter(self.refusals), "")

    @property
    def is_open(self) -> bool:
        return not self.refusals


@dataclass(frozen=True)
class Act:
    """Who acts, why, and the instant that goes on record."""

    by: User | None
    note: str
    at: datetime

    @property
    def on(self) -> date:
        return timezone.localdate(self.at)

    @property
    def person(self) -> User:
        """Who acts, where a step asks: the system itself takes none."""
        assert self.by is not None
        return self.by


def offered(user: User, row: Any, steps: Iterable[Step], *, on: date) -> list[Offer]:
    """The steps of a thing for one person, each with what stands in its way."""
    return [Offer(step, step.refusals(user, row, on)) for step in steps if not step.implied]


@contextmanager
def acting(by: User | None, note: str = "", at: datetime | None = None) -> Iterator[Act]:
    """One verb: a transaction that ends with the seal of its rows."""
    with chain.sealing():
        yield Act(by=by, note=note.replace("\x00", "").strip(), at=at or timezone.now())


def demand(step: Step, act: Act, row: Any) -> None:
    """Raise Denied where the step is not open to who acts."""
    sentence = step.refusal(act.person, row, act.on)
    if sentence:
        raise Denied(sentence)


def closed_refusal(campaign: "Campaign", on: date) -> str:
    """ "" while the campaign runs, else the sentence that says why nothing of it changes any more."""
    return _("The campaign is closed; its ledger can only be read.") if campaign.is_closed(on) else ""


def demand_running(campaign: "Campaign", on: date) -> None:
    """Raise Denied where the campaign is closed."""
    if sentence := closed_refusal(campaign, on):
        raise Denied(sentence)


def only_office(user: User, row: Any, on: date) -> str:
    """The check of every step that is the rectification office's."""
    return "" if access.is_office_of(user, row.campaign_of().court_id) else _for_the_office()


def demand_office(act: Act, court_id: int) -> None:
    """Raise Denied where who acts is not of the court's rectification office."""
    if act.by is None or not access.is_office_of(act.by, court_id):
        raise Denied(_for_the_office())


def _for_the_office() -> str:
    return _("Only the rectification office can do this.")


def lock_person(person: User) -> None:
    """Let one act at a time write the first of what a person keeps; other rows that name the person go on."""
    list(User.objects.select_for_update(no_key=True).filter(pk=person.pk).values_list("pk"))


def reason_given(act: Act) -> None:
    """Raise Denied where a compulsory reason is missing."""
    if not act.note:
        raise Denied(_("Please give a reason."), field="note")


def by_name(steps: Iterable[Step]) -> dict[str, Step]:
    return {step.name: step for step in steps}
