"""A script of dated acts: what the sample's people do, played in the order of time through the verbs."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import groupby
from typing import Any

from django.core.files.base import ContentFile
from docx import Document
from docx.document import Document as DocumentObject

from accounts import chain
from accounts.models import Department, User
from findings import dates
from findings.management.sample.people import Cast, moment
from findings.models import Campaign, ClosureRequest, Extension, Measure, ProgressUpdate, ReportingPeriod
from findings.workflow import approval, progress
from findings.workflow import measure as steps
from findings.workflow.evidence import replace_evidence, share_evidence

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
    updates: dict[tuple[int, str], ProgressUpdate] = field(default_factory=dict)
    requests: dict[int, ClosureRequest | Extension] = field(default_factory=dict)
    acts: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        self.acts.append((at, len(self.acts), act))

    def play(self) -> None:
        """Play the acts in the order of time; those of one day are sealed together."""
        ordered = sorted(self.acts, key=lambda row: row[:2])
        for _day, acts in groupby(ordered, key=lambda row: row[0].date()):
            with chain.sealing():
                for at, _order, act in acts:
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
            if any(known == number for known, _period in self.updates):
                return  # the first progress has started it
            measure = self.measures[number]
            steps.start(measure, by=self.cast.head(self.lead(number).code), at=at)

        self.add(at, act)

    def report(
        self,
        number: int,
        entry: dict,
        period: ReportingPeriod,
        drafted: datetime,
        submitted: datetime | None,
        settled: datetime | None = None,
        returned: str = "",
    ) -> None:
        """Progress of a period: a liaison drafts and the head submits (every third measure), or the head does both.

        The office accepts, or returns with the reason given; without ``settled`` it still waits.
        """
        values = progress.ProgressValues(
            percent=entry["percent"],
            **{
                name: entry.get(key, "").replace("{year}", str((submitted or drafted).year))
                for name, key in (("done", "done"), ("difficulty", "difficulty"), ("next_step", "next"))
            },
            correction=entry.get("correction", ""),
        )

        def fill(at: datetime, verb: Callable, role: str) -> None:
            measure = self.measures[number]
            department = self.lead(number)
            by = self.cast.users[f"{department.code}.{role}"]
            self.updates[number, period.code] = verb(
                measure, by=by, values=values, department=department, period=period, at=at
            )

        def submit_draft(at: datetime) -> None:
            by = self.cast.head(self.lead(number).code)
            self.updates[number, period.code] = progress.submit_draft(self.updates[number, period.code], by=by, at=at)

        def settle(at: datetime) -> None:
            update, office = self.updates[number, period.code], self.cast.users["office"]
            if returned:
                progress.return_progress(update, by=office, note=returned, at=at)
            else:
                progress.accept_progress(update, by=office, at=at)

        if submitted is None or number % 3 == 0:
            self.add(drafted, partial(fill, verb=progress.save_progress, role="liaison"))
            if submitted is not None:
                self.add(submitted, submit_draft)
        else:
            self.add(submitted, partial(fill, verb=progress.submit_progress, role="head"))
        if settled is not None:
            self.add(settled, settle)

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
                fields = self.uploaded(row["title"], row["own_date"], row.get("number", ""))
                by = self.cast.liaison(self.lead(number).code)
                steps.add_evidence(self.measures[number], by=by, at=at, **fields)

            self.add(at + timedelta(minutes=n), act)

    def uploaded(self, title: str, day: date, own_number: str) -> dict[str, Any]:
        """A small Word file that says what it is, as an upload gives it."""
        own_number = own_number.replace("{year}", str(day.year))
        content = _paper(title, own_number, day, self.cast.court.name)
        return {
            "title": title, "number": own_number, "own_date": day, "file": ContentFile(content, name="evidence"),
            "filename": f"{title}.docx", "content_type": DOCX, "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip

    def revise(self, number: int, title: str, day: date, others: list[int], at: datetime) -> None:
        """The liaison puts a sealed copy in the place of the newest evidence, and lets it prove other measures too."""

        def act(at: datetime) -> None:
            by = self.cast.liaison(self.lead(number).code)
            old = self.measures[number].evidence.latest("pk")
            fields = self.uploaded(title, day, old.number)
            new = replace_evidence(old, by=by, note="补盖公章", at=at, **fields)
            share_evidence(new, [self.measures[other] for other in others], by=by, at=at)

        self.add(at, act)

    def ask(self, number: int, at: datetime, note: str = "") -> None:
        def act(at: datetime) -> None:
            measure = self.measures[number]
            by = self.cast.liaison(self.lead(number).code)
            self.requests[number] = steps.request_closure(measure, by=by, note=note, at=at)

        self.add(at, act)

    def ask_extension(self, number: int, at: datetime, *, until: date, reason: str, so_far: str) -> None:
        def act(at: datetime) -> None:
            measure = self.measures[number]
            self.requests[number] = steps.request_extension(
                measure, by=self.cast.liaison(self.lead(number).code), note=reason, at=at,
                kind="extension", new_deadline=until, progress_so_far=so_far,
            )  # fmt: skip

        self.add(at, act)

    def sign(self, number: int, stage: str, at: datetime, opinion: str = "") -> None:
        """Sign at a stage, if the pending request has come there (it passes over stages without need)."""

        def act(at: datetime) -> None:
            request = self.pending(number)
            if request is not None and request.stage == stage:
                by = self.signer(number, stage)
                self.requests[number] = approval.sign_request(request, by=by, note=opinion, at=at)

        self.add(at, act)

    def send_back(self, number: int, at: datetime, reason: str) -> None:
        def act(at: datetime) -> None:
            request = self.pending(number)
            if request is not None:
                approval.return_request(request, by=self.signer(number, request.stage), note=reason, at=at)

        self.add(at, act)

    def speak(self, number: int, at: datetime, opinion: str) -> None:
        """The discipline group's opinion on a pending closure."""

        def act(at: datetime) -> None:
            request = self.pending(number)
            if request is not None:
                approval.speak(request, by=self.cast.users["inspector"], note=opinion, at=at)

        self.add(at, act)

    # --- rows ------------------------------------------------------------------------------------------

    def lead(self, number: int) -> Department:
        """The lead department; every measure of the samples has one."""
        department = self.measures[number].lead_department
        assert department is not None
        return department

    def pending(self, number: int) -> ClosureRequest | Extension | None:
        request = self.requests.get(number)
        return request if request is not None and request.stage else None

    def signer(self, number: int, stage: str) -> User:
        measure = self.measures[number]
        if stage == "head":
            return self.cast.head(self.lead(number).code)
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
