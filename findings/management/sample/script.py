"""A script of dated acts: what the sample's people do, played in the order of time through the verbs."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from django.core.files.base import ContentFile
from docx import Document
from docx.document import Document as DocumentObject

from findings import dates
from findings.management.sample.people import Cast, moment
from findings.models import Campaign, ClosureRequest, Extension, Measure, ProgressUpdate, ReportingPeriod
from findings.workflow import approval, progress
from findings.workflow import measure as steps

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
STAGES = ("head", "leader", "office", "chief")


@dataclass
class Script:
    """Acts waiting to be played. An act finds its rows when it is played, never before."""

    cast: Cast
    campaign: Campaign
    measures: dict[int, Measure]
    periods: dict[str, ReportingPeriod]
    calendar: dates.Calendar
    acts: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        self.acts.append((at, len(self.acts), act))

    def play(self) -> None:
        for at, _order, act in sorted(self.acts, key=lambda row: row[:2]):
            act(at)

    # --- days ------------------------------------------------------------------------------------------

    def back(self, day: date, count: int) -> date:
        """The ``count``-th working day before ``day``; 0 answers ``day`` or the last working day before it."""
        while True:
            if dates.is_working_day(day, self.calendar):
                if count == 0:
                    return day
                count -= 1
            day -= timedelta(days=1)

    def workdays(self, first: date, last: date) -> list[date]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [day for day in days if dates.is_working_day(day, self.calendar)] or [last]

    def moments(self, first: date, last: date, count: int, *, hour: int) -> list[datetime]:
        """``count`` rising instants from ``hour`` on, spread over the working days of a span."""
        days = self.workdays(first, last)
        return [moment(days[k * (len(days) - 1) // max(count - 1, 1)], hour + k) for k in range(count)]

    def asking_day(self, first: date, last: date, proof: list[date]) -> date:
        """The day of the request: half-way, but not before the newest document that proves it."""
        days = self.workdays(first, last)
        return max([days[(len(days) - 1) // 2], *proof])

    def period_of(self, day: date) -> ReportingPeriod:
        return next(p for p in self.periods.values() if p.starts_on <= day <= p.ends_on)

    # --- acts ------------------------------------------------------------------------------------------

    def start(self, number: int, at: datetime) -> None:
        def act(at: datetime) -> None:
            measure = self.now(number)
            if measure.status == "not_started":
                steps.start(measure, by=self.cast.head(measure.lead_department.code), at=at)

        self.add(at, act)

    def report(
        self, number: int, entry: dict, period: ReportingPeriod, drafted: datetime, submitted: datetime | None,
        settled: datetime | None = None, returned: str = "",
    ) -> None:  # fmt: skip
        """The liaison drafts, the head submits, the office accepts or returns."""
        values = progress.ProgressValues(
            done=entry["done"], percent=entry["percent"], difficulty=entry.get("difficulty", ""),
            next_step=entry.get("next", ""),
        )  # fmt: skip

        def draft(at: datetime) -> None:
            measure = self.now(number)
            department = measure.lead_department
            by = self.cast.liaison(department.code)
            progress.save_progress(measure, by=by, values=values, department=department, period=period, at=at)

        def submit(at: datetime) -> None:
            update = self.update(number, period)
            progress.submit_draft(update, by=self.cast.head(update.department.code), at=at)

        def settle(at: datetime) -> None:
            update, office = self.update(number, period), self.cast.users["office"]
            if returned:
                progress.return_progress(update, by=office, note=returned, at=at)
            else:
                progress.accept_progress(update, by=office, at=at)

        for at, act in ((drafted, draft), (submitted, submit), (settled, settle)):
            if at is not None:
                self.add(at, act)

    def closing(self, number: int, entry: dict, proof: list[dict], days: tuple[date, date]) -> list[datetime]:
        """The last entry, its evidence and the request, between two days; answers the instants of four signatures.

        ``proof`` rows hold ``own_date`` as a day.
        """
        first, last = days
        asked = self.asking_day(first, last, [row["own_date"] for row in proof])
        shift = timedelta(minutes=number % 50)
        drafted, submitted, accepted = (at + shift for at in self.moments(first, asked, 3, hour=9))
        self.report(number, entry, self.period_of(first), drafted, submitted, accepted)
        self.prove(number, proof, moment(asked, 12) + shift)
        self.ask(number, moment(asked, 13) + shift, entry["done"][:80])
        return [at + shift for at in self.moments(asked, last, 4, hour=14)]

    def prove(self, number: int, rows: list[dict], at: datetime) -> None:
        """The liaison uploads evidence: each a small Word file that says what it is."""
        for n, row in enumerate(rows):

            def act(at: datetime, row: dict = row) -> None:
                measure = self.now(number)
                day, title = row["own_date"], row["title"]
                own_number = row.get("number", "").replace("{year}", str(day.year))
                content = _paper(title, own_number, day, self.cast.court.name)
                steps.add_evidence(
                    measure,
                    by=self.cast.liaison(measure.lead_department.code),
                    at=at,
                    title=title,
                    number=own_number,
                    own_date=day,
                    file=ContentFile(content, name="evidence"),
                    filename=f"{title}.docx",
                    content_type=DOCX,
                    size=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                )

            self.add(at + timedelta(minutes=n), act)

    def ask(self, number: int, at: datetime, note: str = "") -> None:
        def act(at: datetime) -> None:
            measure = self.now(number)
            by = self.cast.liaison(measure.lead_department.code)
            steps.request_closure(measure, by=by, note=note, at=at)

        self.add(at, act)

    def ask_extension(self, number: int, at: datetime, *, until: date, reason: str, so_far: str) -> None:
        def act(at: datetime) -> None:
            measure = self.now(number)
            steps.request_extension(
                measure, by=self.cast.liaison(measure.lead_department.code), note=reason, at=at,
                kind="extension", new_deadline=until, progress_so_far=so_far,
            )  # fmt: skip

        self.add(at, act)

    def sign(self, number: int, stage: str, at: datetime, opinion: str = "") -> None:
        """Sign at a stage, if the pending request has come there (it passes over stages without need)."""

        def act(at: datetime) -> None:
            request = self.pending(number)
            if request is not None and request.stage == stage:
                approval.sign_request(request, by=self.signer(request, stage), note=opinion, at=at)

        self.add(at, act)

    def send_back(self, number: int, at: datetime, reason: str) -> None:
        def act(at: datetime) -> None:
            request = self.pending(number)
            if request is not None:
                approval.return_request(request, by=self.signer(request, request.stage), note=reason, at=at)

        self.add(at, act)

    def reopen(self, number: int, at: datetime, reason: str) -> None:
        self.add(at, lambda at: steps.reopen(self.now(number), by=self.cast.users["office"], note=reason, at=at))

    # --- rows ------------------------------------------------------------------------------------------

    def now(self, number: int) -> Measure:
        return Measure.objects.select_related("campaign", "lead_department").get(pk=self.measures[number].pk)

    def update(self, number: int, period: ReportingPeriod) -> ProgressUpdate:
        measure = self.now(number)
        return ProgressUpdate.objects.get(measure=measure, period=period, department=measure.lead_department)

    def pending(self, number: int) -> ClosureRequest | Extension | None:
        pk = self.measures[number].pk
        for model in (ClosureRequest, Extension):
            row = model.objects.pending().filter(measure_id=pk).select_related("measure__campaign").first()
            if row is not None:
                return row
        return None

    def signer(self, request: ClosureRequest | Extension, stage: str) -> "object":
        measure = request.measure
        if stage == "head":
            return self.cast.head(measure.lead_department.code)
        if stage == "leader":
            return next(user for user in self.cast.users.values() if user.pk == measure.lead_leader_id)
        return self.cast.users[stage]


def _paper(title: str, number: str, day: date, court: str) -> bytes:
    """A one-page Word file that stands for the scanned original."""
    document = _blank_paper()
    words = (title, number, "本件为演示材料，原件存归口部门备查。", court, f"{day.year}年{day.month}月{day.day}日")
    for paragraph, text in zip(document.paragraphs, words, strict=True):
        paragraph.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@cache
def _blank_paper() -> DocumentObject:
    """Opened once: reading the library's template takes as long as writing a paper."""
    document = Document()
    document.add_heading("", level=1)
    for _n in range(4):
        document.add_paragraph("")
    return document
