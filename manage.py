#!/usr/bin/env python
"""Django's command line for imsite."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from conversations import acting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
    acting.begin(acting.named(acting.COMMAND, sys.argv[1]) if len(sys.argv) > 1 else acting.SYSTEM)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        # SQLite has only this text for it, PostgreSQL an exception of its own.
        if "no such table" not in str(error) and type(error.__cause__).__name__ != "UndefinedTable":
            raise
        sys.exit("The database has no tables, or not those of this version. Run make release.")
