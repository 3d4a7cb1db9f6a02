"""What a person keeps of a list: the columns chosen last, and views under a name. They change nothing of the ledger."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.tracked import create, locked, store
from findings.models import Campaign, SavedView
from findings.workflow.step import Denied, acting, lock_person

MOST_VIEWS = 50  # of one person in one campaign
LONGEST_QUERY = 1000


def choose_columns(
    kind: str, columns: list[str], *, by: User, note: str = "", at: datetime | None = None
) -> SavedView | None:
    """Remember which columns a person wants of a list, in every campaign; none of them stands for the usual ones.

    Answers None where nothing is to be remembered.
    """
    with acting(by, note, at) as act:
        lock_person(by)
        row = SavedView.objects.filter(person=by, kind=kind, name="").first()
        if row is None and not columns:
            return None
        row = row or SavedView(person=by, kind=kind)
        if row.columns != columns:
            row.columns = columns
            store(row, by=by, note=act.note, at=act.at)
        return row


def save_view(
    campaign: Campaign,
    kind: str,
    *,
    by: User,
    name: str,
    query: str,
    columns: list[str],
    is_shared: bool = False,
    note: str = "",
    at: datetime | None = None,
) -> SavedView:
    """Keep filters and columns of a list under a name; a shared view is open to all who see the campaign.

    Raises Denied.
    """
    with acting(by, note, at) as act:
        if not Campaign.objects.visible_to(by).filter(pk=campaign.pk).exists():
            raise Denied(_("This campaign is not in your sight."))
        lock_person(by)
        own = _own(by, campaign, kind)
        if own.count() >= MOST_VIEWS:
            raise Denied(
                _("You have %(most)s views of this campaign; withdraw one of them first.") % {"most": MOST_VIEWS}
            )
        if len(query) > LONGEST_QUERY:
            raise Denied(_("These filters are too long to be kept."))
        name = _free_name(name, own)
        return create(
            SavedView, person=by, campaign=campaign, kind=kind, name=name, query=query, columns=columns,
            is_shared=is_shared, by=by, note=act.note, at=act.at,
        )  # fmt: skip


def change_view(
    view: SavedView,
    *,
    by: User,
    name: str,
    is_shared: bool,
    version: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> SavedView:
    """Rename an own view, share it or keep it for oneself. Raises Denied, StaleRow."""
    with acting(by, note, at) as act:
        lock_person(by)
        row = _own_row(view, by, version)
        assert row.campaign is not None  # a view with a name has one
        row.name, row.is_shared = _free_name(name, _own(by, row.campaign, row.kind).exclude(pk=row.pk)), is_shared
        store(row, by=by, note=act.note, at=act.at)
        return row


def withdraw_view(
    view: SavedView, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> SavedView:
    """Take an own view out of the lists; links to it show the usual columns. Raises Denied, StaleRow."""
    with acting(by, note, at) as act:
        row = _own_row(view, by, version)
        row.is_active = False
        store(row, by=by, note=act.note, at=act.at)
        return row


def _own(by: User, campaign: Campaign, kind: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(person=by, campaign=campaign, kind=kind, is_active=True)


def _own_row(view: SavedView, by: User, version: int | None) -> SavedView:
    row = locked(view, version=version)
    if row.person_id != by.pk:
        raise Denied(_("Only who saved a view changes it."))
    if not row.is_active or not row.name:
        raise Denied(_("This view has been withdrawn."))
    return row


def _free_name(name: str, others: QuerySet[SavedView]) -> str:
    name = " ".join(name.split())
    if not name:
        raise Denied(_("Give the view a name."), field="name")
    if others.filter(name=name).exists():
        raise Denied(_("You have a view “%(name)s” already.") % {"name": name}, field="name")
    return name
