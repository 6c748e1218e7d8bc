"""The smallest parts of the pages. A page has hundreds of them: as templates they took half of its time."""

from datetime import UTC, datetime

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.access.permissions import may_view_across, may_view_activity
from conversations.staff.presentation import Avatar
from conversations.unread.plain_text import time_text

register = template.Library()
register.filter(time_text)
register.filter(may_view_across)
register.filter(may_view_activity)
PLAIN_ICON = '<svg class="icon" aria-hidden="true"><use href="{0}#{1}"/></svg>'
LABELLED_ICON = '<svg class="icon" role="img" aria-label="{2}"><title>{2}</title><use href="{0}#{1}"/></svg>'
FACE = '<img src="{}" alt="" loading="lazy" referrerpolicy="no-referrer">'


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of icons.svg; with a label it is read aloud and shows a tooltip."""
    return format_html(LABELLED_ICON if label else PLAIN_ICON, static("conversations/icons.svg"), name, label)


@register.simple_tag
def avatar(shown: Avatar) -> SafeString:
    """Return a picture above initials."""
    face = format_html(FACE, shown.face_url) if shown.face_url else ""
    return format_html('<span class="avatar hue-{}" aria-hidden="true">{}{}</span>', shown.hue, shown.initials, face)


@register.simple_tag
def moment(at: datetime | None, ago: str = "") -> SafeString | str:
    """Return a time of day in the reader's time zone, or with `ago` how long ago it was, which browser.js keeps up to date."""
    if at is None:
        return ""
    text = format_html(" data-ago>{}", ago) if ago else format_html(">{}", f"{timezone.localtime(at):%H:%M}")
    return _time(at, text)


@register.simple_tag
def exact_time(at: datetime | None) -> SafeString | str:
    """Return a time to the second in the reader's time zone."""
    return _time(at, format_html(">{}", time_text(at))) if at else ""


def _time(at: datetime, text: SafeString) -> SafeString:
    at = at.astimezone(UTC)
    return format_html('<time datetime="{}" title="{} UTC"{}</time>', at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}", text)
