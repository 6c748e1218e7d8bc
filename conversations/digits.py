"""Whole numbers that clients write in decimal digits: in URLs, forms, headers and webhooks."""

INT64_DIGITS = len(str((1 << 63) - 1))


def parse_digits(text: str, *, at_most: int) -> int | None:
    """Return the number that 1 to `at_most` ASCII digits write, None for any other text.

    The length comes first: Python takes long over thousands of digits, or refuses them. `int()` alone would also take
    blanks, signs, underscores and the digits of other scripts.
    """
    return int(text) if len(text) <= at_most and text.isascii() and text.isdigit() else None
