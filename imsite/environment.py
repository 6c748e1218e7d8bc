"""Readers of environment variables. Each raises ImproperlyConfigured that names a variable whose value is not valid."""

import re
from importlib import import_module

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()
FLAGS = {"": None, "true": True, "false": False, "on": True, "off": False, "yes": True, "no": False, "1": True, "0": False}


def whole_number(name: str, default: int, most: int = 10**18) -> int:
    """Return a setting's number; an empty value is an absent one."""
    text = env.str(name, default="")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.")
    if text and int(text) > most:
        raise ImproperlyConfigured(f"{name} must be at most {most}, not {text}.")
    return int(text) if text else default


def flag(name: str, *, default: bool) -> bool:
    """Return a setting that is true or false; an empty value is an absent one. A typo must not switch anything off."""
    text = env.str(name, default="").lower()
    if text not in FLAGS:
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
    return default if text == "" else FLAGS[text]


def one_of(name: str, choices: tuple[str, ...], *, default: str) -> str:
    """Return a setting that is one of a few words; an empty value is an absent one."""
    word = env.str(name, default="").lower() or default
    if word not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {word!r}.")
    return word


def user_ids(name: str, default: str = "") -> frozenset[str]:
    """Return a setting's user IDs, which are separated by commas."""
    ids = frozenset(user_id.strip() for user_id in env.str(name, default=default).split(","))
    for user_id in ids - {""}:
        if not re.fullmatch("[ -~]{1,64}", user_id):
            raise ImproperlyConfigured(f"{name} must be user IDs of 1 to 64 printable ASCII characters, not {user_id!r}.")
    return ids - {""}


def redis_url(name: str) -> str:
    """Return a setting's Redis URL, "" if it is not set. Errors do not show it, because it may hold a password."""
    url = env.str(name, default="")
    try:
        if url:
            import_module("redis").ConnectionPool.from_url(url).make_connection()  # does not connect
    except ImportError as error:
        raise ImproperlyConfigured(f"{name} needs the package redis: pip install -r requirements-extras.txt.") from error
    except (TypeError, ValueError):
        raise ImproperlyConfigured(f"{name} must be redis://host:port/number, rediss://… or unix:///path.") from None
    return url
