"""``{% if user|may:"grant_roles" %}``, the same question that ``requires`` asks; ``{{ names|joined }}``;
``{{ word|called:"MeasureStatus.closed" }}``, the site's own word where it has one."""

from django import template
from django.contrib.auth.models import AnonymousUser

from accounts import names, words
from accounts.models import User

register = template.Library()
register.filter("joined", words.joined)


@register.filter
def called(usual: str, code: str) -> str:
    """The site's own word for a code of a closed list, else the usual word of the page."""
    return str(names.called(code, usual))


@register.filter
def may(user: User | AnonymousUser, verb: str) -> bool:
    """Whether a role of the user carries the verb."""
    return user.is_authenticated and user.may(verb)
