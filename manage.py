#!/usr/bin/env python3
"""Command line entry. Mistakes in the settings answer with one sentence, not with a trace."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the point is to meet an older Python politely
        sys.exit("Rectify needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectify.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - may be missing
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.exit("Django is not installed for this Python; start with 'make run', or use .venv/bin/python.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
