"""What a password must be like, in the site's own words where Django has none in Chinese."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's rule on the length."""

    def get_error_message(self) -> str:
        return _("This password is too short: it needs at least %(number)s characters.") % {"number": self.min_length}

    def get_help_text(self) -> str:
        return _("At least %(number)s characters.") % {"number": self.min_length}
