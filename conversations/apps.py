"""The one app."""

from django.apps import AppConfig

from conversations import checks  # noqa: F401 - registers them


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = "imsite"
