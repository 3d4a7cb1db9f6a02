"""The settings under many environments. They are read afresh for each, beside the ones in use."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(settings.BASE_DIR)
SOURCE = ROOT / "rectify" / "settings.py"
KEY = "k3y-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ-of-a-test"
COMPLETE = {
    "RECTIFY_ENV": "production",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "rectify.court.example, localhost",
    "DATABASE_URL": "postgres://rectify:secret@db:5432/rectify",
    "REDIS_URL": "redis://queue:6379/0",
    "EMAIL_URL": "smtp://mail:25",
}
Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """A function that reads the settings under an environment of its own."""

    def reader(**environment: str) -> dict[str, Any]:
        for name in settings_read_by_source():
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("RECTIFY_DATA", str(tmp_path / "data"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SOURCE))

    return reader


def settings_read_by_source() -> set[str]:
    source = SOURCE.read_text(encoding="utf-8")
    return set(re.findall(r'\b(?:text|required|switch|number)\(\s*"([A-Z_]+)"', source))


def test_settings_in_an_empty_environment_need_no_service(read: Read, tmp_path: Path) -> None:
    found = read()
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "data" / "db.sqlite3")
    assert found["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert (found["REDIS_URL"], found["PORT"], found["TIME_ZONE"]) == ("", 8000, "Asia/Shanghai")
    assert (found["DEBUG"], found["HTTPS"]) == (False, False)


def test_an_empty_variable_counts_as_unset(read: Read) -> None:
    assert read(PORT="", DATABASE_URL="", REDIS_URL="")["PORT"] == 8000


def test_secret_key_is_made_once_and_kept_private(read: Read, tmp_path: Path) -> None:
    first, second = read()["SECRET_KEY"], read()["SECRET_KEY"]
    assert first == second
    assert len(first) >= 50
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o077 == 0


def test_a_secret_may_come_from_a_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    assert read(SECRET_KEY_FILE=str(tmp_path / "key"))["SECRET_KEY"] == KEY


def test_production_starts_with_everything_set(read: Read, tmp_path: Path) -> None:
    found = read(**COMPLETE, RECTIFY_PROXIES="1")
    assert found["ALLOWED_HOSTS"] == ["rectify.court.example", "localhost"]
    assert (found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"], found["DEBUG"]) == (True, True, False)
    assert (found["EMAIL_HOST"], found["REDIS_URL"]) == ("mail", "redis://queue:6379/0")
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert not (tmp_path / "data" / "secret-key").exists()


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "RECTIFY_ENV"])
def test_production_refuses_to_start_without(read: Read, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is not set and RECTIFY_ENV is production: set it to"):
        read(**{**COMPLETE, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + KEY),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "mysql://a@b/c"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "http://queue"),
        ("EMAIL_URL", "nonsense"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("RECTIFY_ENV", "test"),
        ("RECTIFY_DATA", "/proc/none"),
        ("RECTIFY_HTTPS", "perhaps"),
        ("RECTIFY_PROXIES", "-1"),
    ],
)
def test_an_unsafe_or_unreadable_value_is_refused(read: Read, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} .*: .*[.]$"):
        read(**{**COMPLETE, name: value})


def test_a_data_folder_that_is_not_ours_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: Any, **_options: Any) -> str:
        raise PermissionError("denied")

    monkeypatch.setattr("rectify.secrets.kept", denied)
    with pytest.raises(ImproperlyConfigured, match="no secret-key can be kept"):
        read()


def test_manage_answers_a_wrong_setting_with_one_sentence(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={"PATH": os.environ["PATH"], "RECTIFY_DATA": str(tmp_path), "PORT": "eighty"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr == "PORT is 'eighty': set it to a whole number from 0 to 65535.\n"


def test_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Settings")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE)) == settings_read_by_source()


def test_every_page_is_private_and_the_policy_strict() -> None:
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in settings.MIDDLEWARE
    assert "unsafe" not in str(settings.CONTENT_SECURITY_POLICY)


def test_gateways_are_used_where_they_are_configured(read: Read) -> None:
    assert read()["CHANNELS"] == {}
    found = read(
        RECTIFY_WECOM_APP="corp:17", RECTIFY_WECOM_SECRET="s", RECTIFY_DINGTALK_URL="https://oapi.dingtalk.com/robot/x/",
        RECTIFY_FEISHU_APP="cli", RECTIFY_WEBHOOK_URL="http://10.0.0.5:8080/hook", RECTIFY_WEBHOOK_SECRET="h",
        RECTIFY_CHANNEL_HOSTS="Gate.Court.example, ", RECTIFY_PRIVATE_HOSTS="10.0.0.5:8080",
    )  # fmt: skip

    assert found["CHANNELS"] == {
        "wecom": {"url": "https://qyapi.weixin.qq.com", "secret": "s", "app": "corp:17"},
        "dingtalk": {"url": "https://oapi.dingtalk.com/robot/x", "secret": "", "app": ""},
        "feishu": {"url": "https://open.feishu.cn", "secret": "", "app": "cli"},
        "webhook": {"url": "http://10.0.0.5:8080/hook", "secret": "h", "app": ""},
    }
    assert found["CHANNEL_HOSTS"] == {
        "qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "gate.court.example"
    }  # fmt: skip
    assert found["PRIVATE_HOSTS"] == {"10.0.0.5:8080"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RECTIFY_WECOM_APP", "corp"),
        ("RECTIFY_DINGTALK_APP", "key:agent"),
        ("RECTIFY_WEBHOOK_URL", "hook.example"),
        ("RECTIFY_FEISHU_URL", "ftp://open.feishu.cn"),
    ],
)
def test_a_wrong_gateway_stops_the_start(read: Read, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**{name: value})
