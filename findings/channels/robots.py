"""WeCom, DingTalk, Feishu and a web hook of the site's own.

Each of the three is used as an application that writes to one person (where ``app`` is configured), or as the robot
of a group. A group reads what the robot says: it names the person and says that something waits, not what.
"""

import base64
import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from findings.channels import web
from findings.channels.base import Broken, Down, Failing, Refused, address_of, digest_of
from findings.models import Message

# A token is fetched anew so many seconds before it ends.
TOKEN_MARGIN = 300
# Codes that say: you or we are too busy; try again later.
BUSY = frozenset({-1, 45009, 45011, 88, 130101, 11232, 9499, 99991400})
LONGEST_TEXT = 1800  # characters; the smallest limit of the three is 2048 bytes for a group's text


@dataclass(frozen=True)
class Account:
    """How the site is known at a gateway. ``app``: "id" or "id:agent" of an application, "" for a group's robot."""

    url: str
    secret: str = ""
    app: str = ""

    @property
    def app_id(self) -> str:
        return self.app.split(":", 1)[0]

    @property
    def agent(self) -> str:
        return self.app.partition(":")[2]


def whole(message: Message) -> str:
    """What one person reads: subject, text and address."""
    text = f"{message.subject}\n{message.plain}"
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT - 1]}…"
    return f"{text}\n{address_of(message)}"


def hint(message: Message) -> str:
    """What a group may read: that something waits for somebody, and where that person finds it."""
    with translation.override(message.recipient.language or "zh-hans"):
        return _("A message on the rectification waits in your inbox: %(address)s") % {
            "address": f"{settings.SITE_URL}/inbox/"
        }


def judged(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """The answer where its code is 0. Raises Down where the gateway is busy, else Refused."""
    code = next((answer[name] for name in names if name in answer), None)
    if code == 0:
        return answer
    is_busy = isinstance(code, int) and code in BUSY
    text = f"{code}: {answer.get('errmsg') or answer.get('msg') or 'no answer that is understood'}"[:200]
    raise Down(text) if is_busy else Refused(text)


def token_in(answer: dict[str, Any], name: str, seconds: Any) -> tuple[str, int]:
    """The token of an answer under its name, with the seconds that it holds. Raises Refused where it has none."""
    try:
        return str(answer[name]), int(seconds)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Refused("no token that is understood") from error


class Gateway(ABC):
    """What the three share: a token for an application, kept while it holds."""

    knows_repeats: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self.account = account
        self._token, self._until = "", 0.0
        if not account.app:
            # A group's robot takes everything twice: what broke off in the middle is left to a person.
            self.knows_repeats = False  # type: ignore[misc]

    def token(self) -> str:
        """The application's token. Raises Refused or Down."""
        if time.monotonic() >= self._until:
            self._token, seconds = self.fetch_token()
            self._until = time.monotonic() + max(0, seconds - TOKEN_MARGIN)
        return self._token

    @abstractmethod
    def fetch_token(self) -> tuple[str, int]:
        """A new token, and for how many seconds it holds. Raises Refused or Down."""

    def send(self, message: Message, address: str) -> None:
        if self.account.app:
            self.to_person(message, address)
        else:
            try:
                self.to_group(message, address)
            except Failing as error:
                raise Broken(str(error)) from error  # the group may have read it before the server failed

    @abstractmethod
    def to_person(self, message: Message, address: str) -> None:
        """As an application, write to one person. Raises Refused or Down."""

    @abstractmethod
    def to_group(self, message: Message, address: str) -> None:
        """As a robot, tell the group that something waits for the person. Raises Refused or Down."""

    def close(self) -> None:  # noqa: B027 - part of a Way; a gateway that opens nothing has nothing to close
        """Nothing stays open between two calls."""


class WeCom(Gateway):
    """企业微信; an application refuses the same text to the same person within four hours as a repeat."""

    def fetch_token(self) -> tuple[str, int]:
        query = urlencode({"corpid": self.account.app_id, "corpsecret": self.account.secret})
        answer = judged(web.get(f"{self.account.url}/cgi-bin/gettoken?{query}"), "errcode")
        return token_in(answer, "access_token", answer.get("expires_in", 0))

    def to_person(self, message: Message, address: str) -> None:
        agent = self.account.agent or "0"
        if not agent.isdecimal():
            raise Refused("the application's agent is no number")
        document = {
            "touser": address, "msgtype": "text", "agentid": int(agent),
            "text": {"content": whole(message)}, "enable_duplicate_check": 1, "duplicate_check_interval": 14400,
        }  # fmt: skip
        url = f"{self.account.url}/cgi-bin/message/send?access_token={quote(self.token())}"
        answer = judged(web.post(url, document), "errcode")
        if answer.get("invaliduser"):
            raise Refused(f"unknown there: {address}"[:200])

    def to_group(self, message: Message, address: str) -> None:
        text = {"content": hint(message), "mentioned_list": [address]}
        judged(web.post(self.account.url, {"msgtype": "text", "text": text}), "errcode")


class DingTalk(Gateway):
    """钉钉; an application refuses the same text to the same person within a day as a repeat."""

    def fetch_token(self) -> tuple[str, int]:
        query = urlencode({"appkey": self.account.app_id, "appsecret": self.account.secret})
        answer = judged(web.get(f"{self.account.url}/gettoken?{query}"), "errcode")
        return token_in(answer, "access_token", answer.get("expires_in", 7200))

    def to_person(self, message: Message, address: str) -> None:
        document = {
            "agent_id": self.account.agent, "userid_list": address,
            "msg": {"msgtype": "text", "text": {"content": whole(message)}},
        }  # fmt: skip
        path = "/topapi/message/corpconversation/asyncsend_v2"
        judged(web.post(f"{self.account.url}{path}?access_token={quote(self.token())}", document), "errcode")

    def to_group(self, message: Message, address: str) -> None:
        url = self.account.url
        if self.account.secret:
            at = str(round(time.time() * 1000))
            url += "&" + urlencode({"timestamp": at, "sign": dingtalk_sign(at, self.account.secret)})
        document = {
            "msgtype": "text", "text": {"content": f"@{address} {hint(message)}"},
            "at": {"atUserIds": [address], "isAtAll": False},
        }  # fmt: skip
        judged(web.post(url, document), "errcode")


class Feishu(Gateway):
    """飞书; an application recognises a repeat by the number that goes with the text, for an hour."""

    def fetch_token(self) -> tuple[str, int]:
        document = {"app_id": self.account.app_id, "app_secret": self.account.secret}
        url = f"{self.account.url}/open-apis/auth/v3/tenant_access_token/internal"
        answer = judged(web.post(url, document), "code")
        return token_in(answer, "tenant_access_token", answer.get("expire", 0))

    def to_person(self, message: Message, address: str) -> None:
        document = {
            "receive_id": address, "msg_type": "text", "uuid": digest_of(message.key),
            "content": json.dumps({"text": whole(message)}, ensure_ascii=False),
        }  # fmt: skip
        url = f"{self.account.url}/open-apis/im/v1/messages?receive_id_type=user_id"
        judged(web.post(url, document, {"Authorization": f"Bearer {self.token()}"}), "code")

    def to_group(self, message: Message, address: str) -> None:
        name = str(message.recipient).replace("<", "").replace(">", "")
        place = address.replace('"', "").replace("<", "").replace(">", "")
        text = f'<at user_id="{place}">{name}</at> {hint(message)}'
        document: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self.account.secret:
            at = str(int(time.time()))
            document |= {"timestamp": at, "sign": feishu_sign(at, self.account.secret)}
        judged(web.post(self.account.url, document), "code", "StatusCode")


class WebHook:
    """A gateway of the site's own: the message as JSON, signed, under a number that stays the same at a repeat."""

    knows_repeats: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self.account = account

    def send(self, message: Message, address: str) -> None:
        document = {
            "id": digest_of(message.key), "to": address, "kind": message.kind, "subject": message.subject,
            "text": message.plain, "address": address_of(message), "written": message.created_at.isoformat(),
        }  # fmt: skip
        at = str(int(time.time()))
        text = json.dumps(document, ensure_ascii=False)
        headers = {"X-Rectify-Id": document["id"], "X-Rectify-Timestamp": at}
        if self.account.secret:
            headers["X-Rectify-Signature"] = hook_sign(at, text, self.account.secret)
        web.post(self.account.url, document, headers)

    def close(self) -> None:
        """Nothing stays open between two calls."""


def dingtalk_sign(at: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over "time in milliseconds, line feed, secret" with the secret as the key."""
    return _base64(hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest())


def feishu_sign(at: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over nothing, with "time in seconds, line feed, secret" as the key."""
    return _base64(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest())


def hook_sign(at: str, text: str, secret: str) -> str:
    """Hexadecimal HMAC-SHA256 over "time in seconds, full stop, body" with the secret as the key."""
    return hmac.new(secret.encode(), f"{at}.{text}".encode(), hashlib.sha256).hexdigest()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
