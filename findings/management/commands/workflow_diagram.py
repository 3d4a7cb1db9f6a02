"""Write docs/workflow.md out of the step tables, so that the picture cannot differ from the code."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from findings.choices import MeasureStatus, NoticeStatus, ProgressStatus, RecheckState, RequestStatus, RoundState
from findings.management.base import Answer, LedgerCommand
from findings.models import ClosureRequest, LookbackRound, Measure, ProgressUpdate, Recheck, SupervisionNotice
from findings.workflow.amend import PLAN_STEPS
from findings.workflow.approval import REQUEST_STEPS
from findings.workflow.lookback import RECHECK_STEPS, ROUND_STEPS
from findings.workflow.measure import MEASURE_STEPS
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.step import Check, Step
from findings.workflow.supervision import NOTICE_STEPS

HEAD = """# Lifecycles

Written by `manage.py workflow_diagram` from the step tables of `findings/workflow/`; change those, then run `make fix`.
*Who* and *conditions* are the checks in the order in which they are asked; the first that refuses gives its sentence.
A step in italics has no button: it follows from another one.
"""


@dataclass(frozen=True)
class Lifecycle:
    """A table of steps with the states that they lead through."""

    title: str
    remark: str
    model: type[Any]
    states: type[models.TextChoices]
    steps: tuple[Step, ...]


LIFECYCLES = (
    Lifecycle("Measure", "The first submitted progress starts a measure, the last signature closes it.",
              Measure, MeasureStatus, (*MEASURE_STEPS, *PLAN_STEPS)),
    Lifecycle("Progress", "One report for each measure, period and department.",
              ProgressUpdate, ProgressStatus, PROGRESS_STEPS),
    Lifecycle("Closure request and extension",
              "A signature that is not the last one moves the request on to the next of its campaign's stages.",
              ClosureRequest, RequestStatus, REQUEST_STEPS),
    Lifecycle("Supervision notice",
              "The number is given when the notice is issued; a draft that is given up never had one.",
              SupervisionNotice, NoticeStatus, NOTICE_STEPS),
    Lifecycle("Re-check of a look-back round", "A verdict other than “held” opens the closed measure again.",
              Recheck, RecheckState, RECHECK_STEPS),
    Lifecycle("Look-back round", "A random sample of the closed measures; its seed draws the same ones again.",
              LookbackRound, RoundState, ROUND_STEPS),
)  # fmt: skip


class Command(LedgerCommand):
    help = "Write docs/workflow.md from the step tables; --check only says whether it is up to date."
    says_names = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file differs")

    def answer(self, *, check: bool, **options: object) -> Answer:
        file = settings.BASE_DIR / "docs" / "workflow.md"
        text = document()
        differs = not file.exists() or file.read_text(encoding="utf-8") != text
        if differs and not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        answer = {"file": "docs/workflow.md", "differs": differs, "written": differs and not check}
        if differs and check:
            return Answer(answer, fault=_("docs/workflow.md is out of date: run manage.py workflow_diagram."))
        return Answer(answer, [_("docs/workflow.md is up to date.")])


def document() -> str:
    """The whole file, in English whatever language is active."""
    with translation.override("en"):
        return "\n".join([HEAD, *("\n".join(section(lifecycle)) for lifecycle in LIFECYCLES)])


def section(lifecycle: Lifecycle) -> Iterator[str]:
    """One lifecycle: heading, remark, diagram, table."""
    yield f"## {lifecycle.title}\n\n{lifecycle.remark}\n\n```mermaid"
    yield from diagram(lifecycle)
    yield "```\n"
    yield "| Step | Name | From | To | Who | Conditions |\n|---|---|---|---|---|---|"
    for step in lifecycle.steps:
        label = f"*{step.label}*" if step.implied else str(step.label)
        sources = ", ".join(str(state.label) for state in lifecycle.states if state in step.sources)
        target = str(lifecycle.states(step.target).label) if step.target else "—"
        conditions = ", ".join(in_words(check) for check in step.blockers) or "—"
        yield f"| `{step.name}` | {label} | {sources} | {target} | {in_words(step.who)} | {conditions} |"
    yield ""


def diagram(lifecycle: Lifecycle) -> Iterator[str]:
    """The states and the steps that change them, in Mermaid's language."""
    yield "stateDiagram-v2"
    for state in lifecycle.states:
        yield f'    state "{state.label}" as {state.value}'
    yield f"    [*] --> {lifecycle.model().status}"
    left = set()
    for step in lifecycle.steps:
        for state in lifecycle.states:
            if step.target and state in step.sources:
                left.add(state)
                yield f"    {state.value} --> {step.target} : {step.label}"
    for state in lifecycle.states:
        if state not in left:
            yield f"    {state.value} --> [*]"


def in_words(check: Check) -> str:
    """The name of a check, or of the function that made it, as words."""
    return check.__qualname__.split(".")[0].strip("_").replace("_", " ")
