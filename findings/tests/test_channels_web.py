"""WeCom, DingTalk, Feishu and the web hook against a stand-in server, and where no call may go."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.tracked import create
from findings import channels, notify
from findings.channels import robots, web
from findings.channels.base import Broken, Down, Failing, Refused, digest_of
from findings.channels.robots import Account, DingTalk, Feishu, WebHook, WeCom
from findings.choices import DeliveryStatus, MessageKind
from findings.models import Delivery, Message, Preference
from findings.tests.factories import World

OK = {"errcode": 0, "errmsg": "ok"}
FEISHU_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"


@dataclass
class Server:
    """What the stand-in was asked, and what it answers by path; the last answer stays."""

    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str = ""
    sleeps: float = 0
    hangs_up: bool = False
    raw: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """A gateway on this machine that the configuration allows."""
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            parts = urlsplit(self.path)
            found.asked.append({
                "path": parts.path, "query": {k: v[0] for k, v in parse_qs(parts.query).items()},
                "text": body, "body": json.loads(body or "{}"), "headers": dict(self.headers),
            })  # fmt: skip
            if found.hangs_up:
                self.close_connection = True
                return
            content = found.raw
            if content is None:
                content = json.dumps(found.answers.get(parts.path, OK)).encode()
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            time.sleep(found.sleeps)
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, *arguments: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = http.server_address[1]
    settings.PRIVATE_HOSTS = {f"127.0.0.1:{found.port}"}
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield found
    http.shutdown()
    http.server_close()


@pytest.fixture
def message(world: World) -> Message:
    now = timezone.now()
    notify.write(world.office, kind=MessageKind.RETURNED, key="one", words=("Subject", "Head\n- line\t/x/"),
                 link="/measures/1/", at=now)  # fmt: skip
    return Message.objects.select_related("recipient").get()


# --- The gateways ------------------------------------------------------------------------------------------


def test_wecom_robot_names_the_person_and_tells_nothing(server: Server, message: Message, settings: Any) -> None:
    WeCom(Account(f"{server.url}/cgi-bin/webhook/send?key=k")).send(message, "zhang")

    asked = server.asked[0]
    assert (asked["path"], asked["query"]) == ("/cgi-bin/webhook/send", {"key": "k"})
    assert asked["body"]["text"]["mentioned_list"] == ["zhang"]
    assert "Subject" not in asked["text"]
    assert f"{settings.SITE_URL}/inbox/" in asked["body"]["text"]["content"]


def test_wecom_application_fetches_one_token_and_writes_to_the_person(server: Server, message: Message) -> None:
    server.answers["/cgi-bin/gettoken"] = OK | {"access_token": "t/1", "expires_in": 7200}
    way = WeCom(Account(server.url, "s", "corp:17"))

    way.send(message, "zhang")
    way.send(message, "zhang")
    way.close()

    assert [row["path"] for row in server.asked] == ["/cgi-bin/gettoken", *["/cgi-bin/message/send"] * 2]
    assert server.asked[0]["query"] == {"corpid": "corp", "corpsecret": "s"}
    assert server.asked[1]["query"] == {"access_token": "t/1"}
    body = server.asked[1]["body"]
    assert (body["touser"], body["agentid"], body["enable_duplicate_check"]) == ("zhang", 17, 1)
    assert body["text"]["content"].startswith("Subject\nHead\n- line\nhttp")


def test_wecom_says_who_is_unknown(server: Server, message: Message) -> None:
    server.answers = {
        "/cgi-bin/gettoken": OK | {"access_token": "t", "expires_in": 7200},
        "/cgi-bin/message/send": OK | {"invaliduser": "zhang"},
    }

    with pytest.raises(Refused, match="unknown there: zhang"):
        WeCom(Account(server.url, "s", "corp:17")).send(message, "zhang")


def test_dingtalk_robot_is_signed(server: Server, message: Message) -> None:
    DingTalk(Account(f"{server.url}/robot/send?access_token=a", "SEC1")).send(message, "007")
    DingTalk(Account(f"{server.url}/robot/send?access_token=a")).send(message, "007")

    signed, plain = server.asked
    at = signed["query"]["timestamp"]
    assert len(at) == 13
    assert signed["query"]["sign"] == robots.dingtalk_sign(at, "SEC1")
    assert (signed["body"]["at"]["atUserIds"], plain["query"]) == (["007"], {"access_token": "a"})


def test_dingtalk_application(server: Server, message: Message) -> None:
    server.answers["/gettoken"] = OK | {"access_token": "t", "expires_in": 7200}

    DingTalk(Account(server.url, "s", "key:5")).send(message, "007")

    asked = server.asked[1]
    assert asked["path"] == "/topapi/message/corpconversation/asyncsend_v2"
    assert (asked["body"]["agent_id"], asked["body"]["userid_list"]) == ("5", "007")


def test_feishu_robot_is_signed(server: Server, message: Message) -> None:
    server.answers["/open-apis/bot/v2/hook/x"] = {"code": 0, "msg": "success"}

    Feishu(Account(f"{server.url}/open-apis/bot/v2/hook/x", "key")).send(message, 'ou_"1>')
    Feishu(Account(f"{server.url}/open-apis/bot/v2/hook/x")).send(message, "ou_1")

    signed, plain = (row["body"] for row in server.asked)
    assert signed["sign"] == robots.feishu_sign(signed["timestamp"], "key")
    assert signed["content"]["text"].startswith('<at user_id="ou_1">Office</at> ')
    assert "sign" not in plain


def test_feishu_application_numbers_its_messages(server: Server, message: Message) -> None:
    server.answers = {
        "/open-apis/auth/v3/tenant_access_token/internal": {"code": 0, "tenant_access_token": "t", "expire": 7200},
        "/open-apis/im/v1/messages": {"code": 0},
    }

    Feishu(Account(server.url, "s", "app")).send(message, "zhang")

    token, sent = server.asked
    assert token["body"] == {"app_id": "app", "app_secret": "s"}
    assert sent["headers"]["Authorization"] == "Bearer t"
    assert (sent["body"]["receive_id"], sent["body"]["uuid"]) == ("zhang", digest_of("one"))
    assert json.loads(sent["body"]["content"])["text"].startswith("Subject\n")


def test_web_hook_is_signed_and_numbered(server: Server, message: Message) -> None:
    for secret in ("s", ""):
        way = WebHook(Account(f"{server.url}/hook", secret))
        way.send(message, "office")
        way.close()

    signed, plain = server.asked
    at = signed["headers"]["X-Rectify-Timestamp"]
    assert signed["headers"]["X-Rectify-Id"] == signed["body"]["id"] == digest_of("one")
    assert signed["headers"]["X-Rectify-Signature"] == robots.hook_sign(at, signed["text"], "s")
    assert "X-Rectify-Signature" not in plain["headers"]
    assert (signed["body"]["to"], signed["body"]["kind"], signed["body"]["text"]) == (
        "office", "returned", "Head\n- line"
    )  # fmt: skip


def test_signatures_are_those_of_the_makers() -> None:
    """Worked out apart from the code, by openssl."""
    assert robots.dingtalk_sign("1577262236757", "this is secret") == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    assert robots.feishu_sign("1599360473", "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 40001, "errmsg": "bad key"}, Refused),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, Down),
        ({}, Refused),
    ],
    ids=["no", "busy", "nothing"],
)
def test_answers_are_judged(server: Server, message: Message, answer: dict, error: type[Exception]) -> None:
    server.answers["/x"] = answer

    with pytest.raises(error) as caught:
        WeCom(Account(f"{server.url}/x")).send(message, "zhang")
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("way", "path", "answer"),
    [
        (WeCom, "/cgi-bin/gettoken", {"errcode": 0}),
        (WeCom, "/cgi-bin/gettoken", {"errcode": 0, "access_token": "T", "expires_in": "soon"}),
        (WeCom, "/cgi-bin/gettoken", {"errcode": [0]}),
        (DingTalk, "/gettoken", {"errcode": 0}),
        (Feishu, FEISHU_TOKEN, {"code": 0, "tenant_access_token": "T", "expire": []}),
    ],
    ids=["no token", "no number", "no code", "dingtalk", "feishu"],
)
def test_an_answer_that_is_not_understood_is_refused(
    server: Server, message: Message, way: type[WeCom | DingTalk | Feishu], path: str, answer: dict
) -> None:
    server.answers[path] = answer

    with pytest.raises(Refused):
        way(Account(server.url, "s", "corp:1")).send(message, "zhang")
    assert len(server.asked) == 1


def test_an_agent_that_is_no_number_is_refused_before_anything_is_asked(server: Server, message: Message) -> None:
    with pytest.raises(Refused, match="no number"):
        WeCom(Account(server.url, "s", "corp:one")).send(message, "zhang")
    assert server.asked == []


@pytest.mark.parametrize(
    ("app", "status", "error"),
    [("", 500, Broken), ("", 429, Down), ("corp:1", 500, Failing)],
    ids=["robot", "robot too often", "application"],
)
def test_a_robot_that_fails_after_it_was_told_may_have_told_the_group(
    server: Server, message: Message, app: str, status: int, error: type[Exception]
) -> None:
    server.status = status

    with pytest.raises(error) as caught:
        WeCom(Account(server.url, "s", app)).send(message, "zhang")
    assert type(caught.value) is error


def test_repeats_are_known_to_applications_and_hooks() -> None:
    ways = [WeCom(Account("x")), WeCom(Account("x", "s", "a:1")), Feishu(Account("x")), WebHook(Account("x"))]

    assert [way.knows_repeats for way in ways] == [False, True, False, True]


# --- What the server may do --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [(500, Down, "HTTP 500"), (429, Down, "HTTP 429"), (404, Refused, "HTTP 404"), (302, Refused, "HTTP 302")],
)
def test_a_status_is_an_answer_and_no_redirect_is_followed(
    server: Server, status: int, error: type[Exception], text: str
) -> None:
    server.status, server.location = status, f"{server.url}/elsewhere"

    with pytest.raises(error, match=text):
        web.post(f"{server.url}/hook", {})
    assert len(server.asked) == 1


@pytest.mark.parametrize("raw", [b"<html>", b"[1]", b"\xff", b""], ids=["markup", "list", "bytes", "nothing"])
def test_an_answer_that_is_no_document_is_none(server: Server, raw: bytes) -> None:
    server.raw = raw

    assert web.get(f"{server.url}?a=1") == {}
    assert (server.asked[0]["path"], server.asked[0]["query"]) == ("/", {"a": "1"})


def test_a_huge_answer_is_read_in_part(server: Server) -> None:
    server.raw = b"x" * 1_000_000

    assert web.post(f"{server.url}/", {}) == {}


def test_a_slow_answer_breaks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", 0.05)
    server.sleeps = 0.3

    with pytest.raises(Broken, match=r"TimeoutError|timed out"):
        web.post(f"{server.url}/", {})


def test_an_answer_that_drips_breaks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = type("Drip", (), {"read1": lambda self, size: b"x"})()
    monkeypatch.setattr(web, "TIMEOUT", 0)

    with pytest.raises(TimeoutError, match="too long"):
        web._read(answer)


def test_a_line_that_is_cut_breaks(server: Server) -> None:
    server.hangs_up = True

    with pytest.raises(Broken):
        web.post(f"{server.url}/", {})


def test_nobody_there_is_an_outage(server: Server, settings: Any) -> None:
    settings.PRIVATE_HOSTS = {"127.0.0.1:1"}

    with pytest.raises(Down) as caught:
        web.post("http://127.0.0.1:1/", {})
    assert type(caught.value) is Down


def test_tls_is_asked_for_on_https(server: Server) -> None:
    with pytest.raises(Down, match=r"SSL|WRONG_VERSION|EOF"):
        web.post(f"https://127.0.0.1:{server.port}/", {})
    assert server.asked == []


# --- Where no call may go ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://oapi.dingtalk.com/robot/send",
        "https://example.org/",
        "https://oapi.dingtalk.com:8443/",
        "https://oapi.dingtalk.com@127.0.0.1/",
        "https://user:word@oapi.dingtalk.com/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost./",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "http://127.0.0.1:22/",
        "https:///path",
        "https://oapi.dingtalk.com:99999/",
        "file:///etc/passwd",
        "gopher://oapi.dingtalk.com/",
        "ftp://oapi.dingtalk.com/",
        "unix:/run/socket",
        "",
    ],
)
def test_forbidden_addresses_are_never_called(url: str) -> None:
    with pytest.raises(web.Forbidden):
        web.post(url, {})


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fc00::1"],
)  # fmt: skip
def test_an_allowed_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """All its addresses must be public: the second one counts as well."""
    found = [(0, 0, 0, "", ("203.0.114.7", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(web.socket, "getaddrinfo", lambda *args, **kwargs: found)

    with pytest.raises(web.Forbidden, match="private network"):
        web.post("https://oapi.dingtalk.com/robot/send", {})


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently a moment later gains nothing."""
    answers = iter([[(0, 0, 0, "", ("203.0.114.7", 443))]])
    monkeypatch.setattr(web.socket, "getaddrinfo", lambda *args, **kwargs: next(answers))
    called = []

    def connect(address: tuple[str, int], timeout: float) -> None:
        called.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(web.socket, "create_connection", connect)

    with pytest.raises(Down):
        web.post("https://oapi.dingtalk.com/robot/send", {})
    assert called == [("203.0.114.7", 443)]


def test_a_name_that_nobody_knows_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> None:
        raise web.socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(web.socket, "getaddrinfo", unknown)

    with pytest.raises(Down, match="gaierror"):
        web.post("https://oapi.dingtalk.com/robot/send", {})


# --- From the outbox ---------------------------------------------------------------------------------------


def test_a_message_leaves_by_every_channel_that_its_recipient_has(
    world: World, server: Server, message: Message, settings: Any
) -> None:
    settings.CHANNELS = {
        "wecom": {"url": f"{server.url}/wecom", "secret": "", "app": ""},
        "feishu": {"url": f"{server.url}/feishu", "secret": "", "app": ""},
        "webhook": {"url": f"{server.url}/hook", "secret": "s", "app": ""},
    }
    create(Preference, by=world.office, person=world.office, handles={"wecom": "zhang"})

    done = channels.send_messages()

    assert (done.sent, [row["path"] for row in server.asked]) == (1, ["/wecom", "/hook"])
    assert server.asked[1]["body"]["to"] == "office"
    assert set(Delivery.objects.values_list("channel", "status")) == {
        ("wecom", DeliveryStatus.SENT), ("webhook", DeliveryStatus.SENT)
    }  # fmt: skip


def test_a_secret_stands_in_no_error(world: World, server: Server, message: Message, settings: Any) -> None:
    settings.CHANNELS = {"wecom": {"url": server.url, "secret": "top-secret", "app": "corp:1"}}
    create(Preference, by=world.office, person=world.office, handles={"wecom": "zhang"})
    server.status = 400

    channels.send_messages()

    row = Delivery.objects.get()
    assert (row.status, row.error) == (DeliveryStatus.WAITING, "HTTP 400")
