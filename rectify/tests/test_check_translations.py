"""The freshness of the catalogue, tried on a small project of its own."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
DONE = 'msgid "measure"\nmsgstr "整改措施"\n\n'


@pytest.fixture
def catalogue(settings: Any, tmp_path: Path) -> Path:
    """The text catalogue of a project with one text, translated and compiled."""
    settings.BASE_DIR = tmp_path
    for name in ("accounts", "findings", "rectify", "templates"):
        (tmp_path / name).mkdir()
    source = 'from django.utils.translation import gettext as _\n\nNAME = _("measure")\n'
    (tmp_path / "findings" / "names.py").write_text(source, encoding="utf-8")
    path = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    write(path, DONE)
    return path


def write(path: Path, entries: str, *, compiled: bool = True) -> None:
    path.write_text(HEADER + entries, encoding="utf-8")
    if compiled:
        subprocess.run(["msgfmt", "-o", str(path.with_suffix(".mo")), str(path)], check=True)


def complaint() -> str:
    with pytest.raises(CommandError) as caught:
        call_command("check_translations")
    return str(caught.value).splitlines()[0]


def test_a_complete_catalogue_passes(catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_translations")
    assert capsys.readouterr().out == "All texts are translated and compiled.\n"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("", 'without Chinese: "measure"'),
        ('#, fuzzy\nmsgid "measure"\nmsgstr "措施"\n', 'fuzzy: "measure"'),
        (DONE + 'msgid "gone"\nmsgstr "没有了"\n', 'no longer used: "gone"'),
    ],
)
def test_an_entry_that_is_not_in_order_is_named(catalogue: Path, entries: str, expected: str) -> None:
    write(catalogue, entries)
    assert complaint() == expected


def test_a_catalogue_that_was_not_compiled_again_is_named(catalogue: Path) -> None:
    write(catalogue, DONE.replace("整改措施", "措施"), compiled=False)
    assert complaint() == "django.mo is older than django.po"
    catalogue.with_suffix(".mo").unlink()
    assert complaint() == "django.mo is missing"


def test_a_missing_catalogue_is_named(catalogue: Path) -> None:
    catalogue.unlink()
    assert complaint().endswith("django.po is missing: run make messages.")


def test_a_machine_without_gettext_is_told_what_to_install(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert complaint() == "This check needs gettext: apt-get install gettext."
