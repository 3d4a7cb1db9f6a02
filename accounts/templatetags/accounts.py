"""``{% if user|may:"grant_roles" %}``, the same question that ``requires`` asks; ``{{ names|joined }}``."""

from django import template
from django.contrib.auth.models import AnonymousUser

from accounts import words
from accounts.models import User

register = template.Library()
register.filter("joined", words.joined)


@register.filter
def may(user: User | AnonymousUser, verb: str) -> bool:
    """Whether a role of the user carries the verb."""
    return user.is_authenticated and user.may(verb)
