"""Rank strings: opaque to clients, ordered as text, with always room between two."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 6
STEP = 36**3


def _number(rank: str, width: int) -> int:
    body = rank.split("|", 1)[-1]
    main, _, tail = body.partition(":")
    digits = (main.rjust(WIDTH, "0")[-WIDTH:] + tail).ljust(width, "0")[:width]
    return int(digits, 36)


def _text(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
    return f"0|{digits[:WIDTH]}:{digits[WIDTH:].rstrip('0')}"


def rank_number(position: int) -> str:
    """Return the rank of the n-th of many, with wide gaps between neighbours."""
    return _text(36**5 + position * STEP // 36, WIDTH)


def rank_between(low: str | None, high: str | None) -> str:
    """Return a rank strictly between two; None stands for the open end."""
    width = WIDTH + 2
    while True:
        bottom = _number(low, width) if low else 0
        top = _number(high, width) if high else min(36**width - 1, bottom + STEP * 36 ** (width - WIDTH))
        if top - bottom >= 2:
            return _text((bottom + top) // 2, width)
        width += 2
