"""Write the generated parts of docs/commands.md from the commands' own help: `make docs`.

A part stands between `<!-- help: NAME -->` and `<!-- end -->`. Everything else in the page is written by hand.
"""

import argparse
import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
PART = re.compile(r"(?<=<!-- help: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEADER = "| argument | meaning |\n| --- | --- |\n"


def rendered(page: str) -> str:
    """Return the page with each generated part as the command's help is now."""
    return PART.sub(lambda part: f"{part[1]}{part[2]}{_section(part[1])}", page)


def _section(name: str) -> str:
    from django.utils import translation

    with translation.override("en"):
        # A command's help is in the language in which its module was first imported.
        module = importlib.reload(importlib.import_module(f"conversations.management.commands.{name}"))
        parser = module.Command().create_parser("manage.py", name)
    actions = [action for action in parser._actions if not _is_djangos(action)]
    rows = "".join(f"| {_names(action)} | {_meaning(action)} |\n" for action in actions)
    usage = " ".join([f"manage.py {name}", *_usage(parser, actions)])
    return f"\n{parser.description}\n\n```text\n{usage}\n```\n\n{HEADER + rows if rows else ''}\n".replace("\n\n\n", "\n\n")


def _is_djangos(action: argparse.Action) -> bool:
    """Return whether every Django command has this option."""
    from django.core.management.base import DjangoHelpFormatter

    return bool({*action.option_strings} & {*DjangoHelpFormatter.show_last, "-h"})


def _usage(parser: argparse.ArgumentParser, actions: list[argparse.Action]) -> Iterator[str]:
    """Yield the parts of the usage line: what is required; all the rest is [options]."""
    choices = [group._group_actions for group in parser._mutually_exclusive_groups if group.required]
    required = [action for action in actions if action.option_strings and action.required]
    positional = [action for action in actions if not action.option_strings]
    if len(actions) > len(required) + len(positional) + sum(map(len, choices)):
        yield "[options]"
    yield from (f"({' | '.join(map(_option, group))})" for group in choices)
    yield from map(_option, required)
    for action in positional:
        name = str(action.metavar or action.dest)
        yield {"+": f"{name}…", "*": f"[{name}…]", "?": f"[{name}]"}.get(str(action.nargs), name)


def _option(action: argparse.Action) -> str:
    return f"{action.option_strings[-1]} {_value(action)}".rstrip()


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    return str(action.metavar or (action.choices and "|".join(map(str, action.choices))) or action.dest.upper())


def _names(action: argparse.Action) -> str:
    return f"`{_option(action)}`" if action.option_strings else f"`{action.metavar or action.dest}`"


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "manage.py"}
    return text.replace("|", "\\|")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
    os.environ.pop("PORT", None)  # it is the default of an option
    django.setup()
    PAGE.write_text(rendered(PAGE.read_text()))
