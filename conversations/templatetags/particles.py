"""The smallest parts of the pages, which one page has hundreds of: as templates they took half of its time."""

from datetime import UTC, datetime

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.staff.presentation import Avatar

register = template.Library()
PLAIN_ICON = '<svg class="icon" aria-hidden="true"><use href="{0}#{1}"/></svg>'
TELLING_ICON = '<svg class="icon" role="img" aria-label="{2}"><title>{2}</title><use href="{0}#{1}"/></svg>'
FACE = '<img src="{}" alt="" loading="lazy" referrerpolicy="no-referrer">'


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A picture of icons.svg; with a label it says something by itself."""
    return format_html(TELLING_ICON if label else PLAIN_ICON, static("conversations/icons.svg"), name, label)


@register.simple_tag
def avatar(shown: Avatar) -> SafeString:
    """A picture over initials."""
    face = format_html(FACE, shown.face_url) if shown.face_url else ""
    return format_html('<span class="avatar hue-{}" aria-hidden="true">{}{}</span>', shown.hue, shown.initials, face)


@register.simple_tag
def moment(at: datetime | None, words: str = "") -> SafeString | str:
    """A time of day, or with `words` how long ago that was, which browser.js keeps true."""
    if at is None:
        return ""
    at = at.astimezone(UTC)
    told = format_html(" data-ago>{}", words) if words else format_html(">{}", f"{at:%H:%M}")
    return format_html('<time datetime="{}" title="{} UTC"{}</time>', at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}", told)
