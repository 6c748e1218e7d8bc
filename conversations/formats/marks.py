"""The 64 mark bits of a row, a signed number as the database has it, and the markList of its JSON."""

from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ALLOWED_MARKS, FIRST_CUSTOM_MARK_BIT, MARK_BITS
from conversations.formats.checks import check_list, refuse

KEY = "markList"


def from_wire(value: Any) -> int:
    """Check a markList and return its bits, signed. Raises InvalidParameter."""
    bits = 0
    for mark in check_list(value, KEY):
        if type(mark) is not int or mark <= 0 or mark & ~ALLOWED_MARKS:
            raise refuse(KEY, _("Each must be 1, 2, 4, 8 or 1<<n with n between %(n)d and 63.") % {"n": FIRST_CUSTOM_MARK_BIT})
        bits |= mark
    return to_signed(bits)


def mark_list(marks: int) -> list[int]:
    """Return one number for each bit set in signed `marks`, smallest first."""
    return [1 << bit for bit in range(MARK_BITS) if marks >> bit & 1]


def to_signed(bits: int) -> int:
    """Return 64 mark bits as the database's signed number."""
    return bits - (1 << MARK_BITS) if bits >> (MARK_BITS - 1) else bits
