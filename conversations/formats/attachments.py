"""The web addresses of a message's images, voice messages, videos and files; pure. Nothing here loads them.

Source: V2TIMImage, V2TIMSoundElem, V2TIMVideoElem, V2TIMFileElem.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from conversations.choices import ElemType

# The first of these that has an address.
URL_KEYS: Mapping[ElemType, tuple[str, ...]] = {
    ElemType.SOUND: ("url",),
    ElemType.FILE: ("url",),
    ElemType.VIDEO: ("videoUrl", "snapshotUrl"),
}
# The sizes of an image, V2TIMImageType, best first: original, large, thumbnail.
IMAGE_TYPES = (1, 4, 2)
MAX_LENGTH = 4096
# Browsers take any of these for the dot between two parts of a host.
DOTS = re.compile("[.\u3002\uff0e\uff61]")
ASCII_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]*:[0-9a-f:.]*")


def address_of(type_: ElemType | None, element: Mapping[str, Any]) -> str:
    """Return where an element's content is on the web, "" for an element without an address that a browser may open."""
    return next(filter(is_web_address, _addresses(type_, element)), "")


def is_web_address(url: Any) -> bool:
    """Return whether a client's text is an http or https address of which every browser reads the same host as `host_of`.

    A backslash is a slash to browsers, and before an @ stands what only looks like a host.
    """
    if type(url) is not str or len(url) > MAX_LENGTH or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        is_port = parts.port is None or parts.port > 0
        return parts.scheme in ("http", "https") and "@" not in parts.netloc and is_port and bool(host_of(url))
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of a web address in ASCII (Punycode), so that letters of two scripts can't look the same; "" for none."""
    name = unicodedata.normalize("NFKC", urlsplit(url).hostname or "").lower()
    host = ".".join(map(_to_ascii, DOTS.split(name)))
    return host if ASCII_HOST.fullmatch(host) else ""


def _to_ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _addresses(type_: ElemType | None, element: Mapping[str, Any]) -> Iterator[Any]:
    if type_ == ElemType.IMAGE:
        images = element.get("imageList")
        sizes = [image for image in images if type(image) is dict] if type(images) is list else []
        yield from (image.get("url") for image in sorted(sizes, key=_size_order))
    elif type_ is not None:
        yield from (element.get(key) for key in URL_KEYS.get(type_, ()))


def _size_order(image: Mapping[str, Any]) -> int:
    size = image.get("type")
    return IMAGE_TYPES.index(size) if type(size) is int and size in IMAGE_TYPES else len(IMAGE_TYPES)
