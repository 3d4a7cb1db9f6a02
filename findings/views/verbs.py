"""Calling a verb from a page: what it refuses becomes words in the form, and nothing is half-written."""

from collections.abc import Callable

from django.db import transaction
from django.forms import Form

from accounts.tracked import StaleRow
from findings.forms.versioned import VersionedForm
from findings.workflow.step import Denied


def done(form: Form, verb: Callable[[], object]) -> bool:
    """Call the verb of a valid form. A refusal becomes an error of its field; a row that somebody else changed
    meanwhile stands beside what was typed."""
    try:
        with transaction.atomic():
            verb()
    except Denied as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    except StaleRow as error:
        if not isinstance(form, VersionedForm):
            raise
        form.beside(error.row)
        return False
    return True
