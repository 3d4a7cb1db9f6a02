"""The order of the modules, and where lifecycle fields are written; docs/architecture.md tells why."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each may import what stands before it. The last group may import everything, itself included.
ORDER = (
    "accounts",
    "findings.choices",
    "findings.dates",
    "findings.access",
    "findings.models",
    "findings.figures",
    "findings.notify",
    "findings.morning",
    "findings.workflow",
    "findings.documents",
    "findings.channels",
    "findings.tasks",
    "findings.forms",
    "findings.views",
    "findings.urls",
)
LAST = ("management", "templatetags", "admin", "apps", "migrations", "context")
LIFECYCLE = {
    "status", "state", "deadline", "original_deadline", "phase", "nature", "percent", "started_on", "closed_on",
    "recheck_on", "reopened_count", "retired_on", "stage_index", "ended_at", "submitted_at", "decided_at", "issued_at",
    "repealed_on", "use_checked_on",
}  # fmt: skip
WRITTEN_BY_VERBS = {
    "Campaign", "Measure", "ProgressUpdate", "ClosureRequest", "Extension", "Decision", "Report", "SupervisionNotice",
    "Recheck", "LookbackRound", "IssueVerdict", "RuleDocument", "Meeting", "MeetingMeasure",
}  # fmt: skip
COMPARES_STATUS = re.compile(r"\{%[^%]*\b(status|state|verdict)\b\s*(==|!=|in\b|not in\b)")


def sources() -> list[Path]:
    files = [*(ROOT / "accounts").rglob("*.py"), *(ROOT / "findings").rglob("*.py")]
    return sorted(path for path in files if "tests" not in path.parts)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rank(module: str) -> int | None:
    """Place in the order; None for what is not ours or is only a package."""
    parts = module.split(".")
    if parts[0] == "rectify" or (parts[0] in {"accounts", "findings"} and set(parts) & set(LAST)):
        return len(ORDER)
    for place, layer in enumerate(ORDER):
        if module == layer or module.startswith(layer + "."):
            return place
    return None


def test_every_module_has_its_place() -> None:
    modules = {module_of(path) for path in sources()}

    assert {module for module in modules if rank(module) is None} == {"findings"}


def is_typing_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def walk(tree: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes with whether they stand in a function, type-only blocks left out."""
    for node in ast.iter_child_nodes(tree):
        if is_typing_block(node):
            continue
        yield node, inside
        yield from walk(node, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def imported(node: ast.AST, module: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module}: relative import"
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_order(path: Path) -> None:
    module, tree = module_of(path), ast.parse(path.read_text())
    own = rank(module)
    wrong = []
    for node, inside in walk(tree):
        names = imported(node, module)
        if names and inside and path.name != "apps.py":  # Django wants receivers imported in ready()
            wrong.append(f"line {node.lineno}: import inside a function")
        if own is None:
            continue
        wrong += [f"line {node.lineno}: imports {name}" for name in names if (rank(name) or 0) > own]
    assert wrong == []


def lifecycle_writes(tree: ast.AST) -> Iterator[str]:
    for node, _inside in walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and part.attr in LIFECYCLE and isinstance(part.ctx, ast.Store):
                    yield f"line {node.lineno}: {ast.unparse(part)} ="
        if isinstance(node, ast.Call):
            yield from lifecycle_calls(node)


def lifecycle_calls(call: ast.Call) -> Iterator[str]:
    """Rows of the lifecycles made, or their fields set by name."""
    callee = ast.unparse(call.func).rsplit(".", 1)[-1]
    first = ast.unparse(call.args[0]) if call.args else ""
    names = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    if callee in WRITTEN_BY_VERBS or (callee == "create" and first in WRITTEN_BY_VERBS):
        yield f"line {call.lineno}: makes a {first or callee}"
    if callee == "setattr" and names & LIFECYCLE:
        yield f"line {call.lineno}: {ast.unparse(call)}"


def outside_workflow() -> list[Path]:
    skip = {"workflow", "models", "migrations"}
    return [path for path in sources() if "findings" in path.parts and not skip & set(path.parts)]


@pytest.mark.parametrize("path", outside_workflow(), ids=lambda path: str(path.relative_to(ROOT)))
def test_lifecycle_fields_are_written_by_workflow_only(path: Path) -> None:
    assert list(lifecycle_writes(ast.parse(path.read_text()))) == []


def test_models_never_assign_lifecycle_fields() -> None:
    found = [
        f"{path.name} {line}"
        for path in sorted((ROOT / "findings" / "models").glob("*.py"))
        for line in lifecycle_writes(ast.parse(path.read_text()))
    ]
    assert found == []


def test_lifecycle_check_sees_what_it_looks_for() -> None:
    text = "m.status = 1\nm.percent += 1\nsetattr(m, 'deadline', d)\ncreate(Measure, by=u)\nReport(x=1)\nm.other = 2\n"

    lines = list(lifecycle_writes(ast.parse(text)))

    assert [line.split(":")[0] for line in lines] == ["line 1", "line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize("folder", ["views", "forms"])
def test_pages_never_compare_a_status(folder: str) -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "findings" / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Attribute) and side.attr in {"status", "state"}
    ]
    assert found == []


def test_templates_never_compare_a_status() -> None:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "findings").rglob("*.html")]
    found = [str(path.relative_to(ROOT)) for path in files if COMPARES_STATUS.search(path.read_text())]
    assert found == []
