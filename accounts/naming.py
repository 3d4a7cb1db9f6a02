"""The site's own words for roles, states and stages: reading them, and the one verb that changes them."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from accounts import audit, chain, names
from accounts.exporting import Column
from accounts.models import Department, SiteName, User
from accounts.people import Refused
from accounts.roles import RoleCode, Verb
from accounts.tracked import StaleRow, store
from accounts.words import UNPRINTABLE

LANGUAGES = (names.ZH, names.EN)
DIVIDERS = frozenset("、，,;；/")


@dataclass(frozen=True)
class NameRow:
    """One code of a closed list: its usual words and the site's own ones, "" where it has none."""

    code: str
    list: str
    usual_zh: str
    usual_en: str
    zh: str
    en: str

    @property
    def words(self) -> set[str]:
        """Every word that means this code in a file that comes back."""
        return {_folded(word) for word in (self.usual_zh, self.usual_en, self.zh, self.en) if word}


NAMES = (
    Column(gettext_lazy("list"), lambda row: row.list, 28),
    Column(gettext_lazy("code"), lambda row: row.code, 28),
    Column(gettext_lazy("usual word in Chinese"), lambda row: row.usual_zh, 24),
    Column(gettext_lazy("own word in Chinese"), lambda row: row.zh, 24),
    Column(gettext_lazy("usual word in English"), lambda row: row.usual_en, 28),
    Column(gettext_lazy("own word in English"), lambda row: row.en, 28),
)


def load() -> None:
    """Read the site's own words into this process."""
    rows = SiteName.objects.order_by().values_list("code", "zh", "en")
    words = {(code, language): word for code, *both in rows for language, word in zip(LANGUAGES, both, strict=True)}
    names.put({key: word for key, word in words.items() if word})


def refresh() -> None:
    """Read the words again where they are older than the site allows: another process may have changed them."""
    if names.are_older_than(settings.NAMES_EVERY):
        load()


def rows_by_list() -> dict[str, list[NameRow]]:
    """Every name that can be changed, by the code of its list."""
    own = {row.code: row for row in SiteName.objects.order_by()}
    return {code: list(_rows(code, own)) for code in names.LISTS}


def row_of(code: str) -> NameRow | None:
    """One name; None where there is no such code."""
    found = rows_by_list().get(code.partition(".")[0], [])
    return next((row for row in found if row.code == code), None)


def words_ever(member: TextChoices) -> set[str]:
    """The words that stand or ever stood for a code: the usual ones, and the site's own by its history."""
    closed, past = names.LISTS[type(member).__name__], SiteName.history.filter(code=names.code_of(member))
    own = {word for both in past.values_list("zh", "en") for word in both if word}
    return own | {closed.usual_in(language, member.value) for language in LANGUAGES}


def change_name(
    code: str, *, by: User | None, zh: str, en: str, version: int | None = None, note: str = "",
    at: datetime | None = None,
) -> SiteName:  # fmt: skip
    """Call something by the site's own words; "" brings the usual word back. What was printed before stays.

    ``version`` 0 stands for a name that nobody has changed yet. Raises Refused, StaleRow.
    """
    if by is not None and not by.may(Verb.KEEP_NAMES):
        raise Refused(_("Your role does not carry this act."))
    _check_printable(zh=zh, en=en)
    with chain.sealing():
        row = _own_row(code, version)
        zh, en = _one_line(zh), _one_line(en)
        _check_unique(code, zh=zh, en=en)
        if (row.zh, row.en) != (zh, en):
            row.zh, row.en = zh, en
            store(row, by=by, note=note, at=at)
            _log(row, by, note)
    load()
    return row


def _rows(code: str, own: dict[str, SiteName]) -> Iterator[NameRow]:
    closed = names.LISTS[code]
    for member in closed.choices:
        key = names.code_of(member)
        row = own.get(key) or SiteName(code=key)
        zh, en = closed.usual_in(names.ZH, member.value), closed.usual_in(names.EN, member.value)
        yield NameRow(key, str(closed.title), zh, en, row.zh, row.en)


def _own_row(code: str, version: int | None) -> SiteName:
    """The row of a code, or a new one. Raises StaleRow where it is not that of ``version``."""
    # No row stands above the names: that of the first court is locked, so that of two first words one finds the other.
    Department.objects.courts().select_for_update().order_by("pk").first()
    row = SiteName.objects.filter(code=code).first() or SiteName(code=code)
    if version is not None and row.version != version:
        raise StaleRow(row)
    return row


def _check_printable(**words: str) -> None:
    for field, word in words.items():
        if sign := UNPRINTABLE.search(word):
            raise Refused(
                _("The word holds %(sign)s, a sign that no page and no file can show; please type the word again.")
                % {"sign": f"U+{ord(sign[0]):04X}"},
                field,
            )


def _check_unique(code: str, **words: str) -> None:
    """Two codes of a list with one word could not be told apart, on a page or in a file that comes back."""
    if row_of(code) is None:
        raise Refused(_("There is no such name."))
    others = [row for row in rows_by_list()[code.partition(".")[0]] if row.code != code]
    for field, word in words.items():
        if names.LISTS[code.partition(".")[0]].choices is RoleCode and set(word) & DIVIDERS:
            raise Refused(
                _("The name of a role holds none of the signs 、 ， ； / that divide roles in a cell."), field
            )
        for other in others:
            if _folded(word) in other.words:
                raise Refused(
                    _("“%(word)s” already stands for “%(other)s” in this list; choose another word.")
                    % {"word": word, "other": other.usual_zh if field == "zh" else other.usual_en},
                    field,
                )


def _log(row: SiteName, by: User | None, note: str) -> None:
    request = getattr(HistoricalRecords.context, "request", None)
    detail = f"{row.zh or '—'} / {row.en or '—'}"
    detail = f"{detail}: {note}" if note else detail
    audit.record(audit.Action.NAME, by=by, subject=row.code, detail=detail, request=request)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _folded(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", word).split()).casefold()
