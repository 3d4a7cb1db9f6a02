"""Files that rows name: a row without one, or whose file is gone from the disk, is a page that there is not."""

from django.db.models.fields.files import FieldFile
from django.http import Http404


def stored_file_or_404(file: FieldFile | None) -> FieldFile:
    """The file of a row, open for reading."""
    if not file:
        raise Http404("no file")
    try:
        file.open("rb")
    except FileNotFoundError as error:
        raise Http404(file.name) from error
    return file
