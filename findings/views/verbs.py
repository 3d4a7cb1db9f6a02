"""Calling a verb from a page: what it refuses becomes words in the form, and nothing is half-written."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.utils.translation import gettext as _

from accounts.decorators import SignedRequest, note_refusal
from accounts.models import User
from accounts.tracked import StaleRow
from accounts.versioned import VersionedForm
from accounts.words import joined
from findings.documents.word import TemplateFault
from findings.models import Campaign, Measure
from findings.workflow.step import Denied


def done(request: SignedRequest, form: Form, verb: Callable[[], object]) -> bool:
    """Call the verb of a valid form. A refusal becomes an error of its field; a row that somebody else changed
    meanwhile stands beside what was typed."""
    try:
        with transaction.atomic():
            verb()
    except Denied as error:
        note_refusal(request, str(error))
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    except StaleRow as error:
        if not isinstance(form, VersionedForm):
            raise
        form.beside(error.row)
        return False
    return True


def told(request: SignedRequest, verb: Callable[[], object]) -> bool:
    """Call a verb that has no form: a refusal is told on the page that is shown next."""
    sentence = refused(request, verb)
    if sentence:
        messages.error(request, sentence)
    return not sentence


def refused(request: SignedRequest, verb: Callable[[], object]) -> str:
    """Call a verb; answers "" or the sentence that it was refused with, which is written down."""
    try:
        verb()
    except (Denied, TemplateFault) as error:
        note_refusal(request, str(error))
        return str(error)
    return ""


def measures_named(user: User, campaign: Campaign, numbers: list[int], field: str) -> list[Measure]:
    """The campaign's measures with these numbers, in their order. Raises Denied where one is not in sight."""
    rows = Measure.objects.visible_to(user).filter(campaign=campaign, number__in=numbers)
    found = {row.number: row for row in rows}
    missing = [number for number in numbers if number not in found]
    if missing:
        raise Denied(_("There is no measure %(numbers)s that you see.") % {"numbers": joined(missing)}, field=field)
    return [found[number] for number in numbers]
