"""Made-up secrets: once, private, strong enough for our own rules."""

from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password

from rectify import secrets


def test_kept_makes_a_secret_once(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    first = secrets.kept(path, secrets.new_key)
    assert secrets.kept(path, secrets.new_key) == first
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_kept_yields_to_who_was_first(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def slow() -> str:
        path.write_text("theirs\n")
        return "ours"

    assert secrets.kept(path, slow) == "theirs"


def test_demo_password_is_the_one_set_or_one_made_up(settings: Any, tmp_path: Path) -> None:
    settings.RECTIFY_DATA = tmp_path
    settings.DEMO_PASSWORD = "chosen"
    assert secrets.demo_password() == "chosen"
    settings.DEMO_PASSWORD = ""
    made_up = secrets.demo_password()
    assert secrets.demo_password() == made_up
    validate_password(made_up)
