"""What is said of money to whom: the amount to some, to others only on which side of the mark it lies."""

from decimal import Decimal

MARK = Decimal(50_000)  # from above here on Deployment Engineering helps (related facts, support response workflow)


def is_large(arr: Decimal | None) -> bool:
    """Whether the ARR (US dollars a year) is above the mark. What nobody has said is not."""
    return arr is not None and arr > MARK


def band(arr: Decimal | None) -> str:
    """The ARR for those who do not see amounts: "above $50K", "up to $50K", or "" where nobody has said."""
    if arr is None:
        return ""
    return "above $50K" if is_large(arr) else "up to $50K"


def amount(arr: Decimal | None) -> str:
    """The ARR for those who see it: "$410K", "$1.25M", "$900"; "" where nobody has said."""
    if arr is None:
        return ""
    whole = int(arr)
    if whole >= 1_000_000:
        return f"${(arr / 1_000_000).quantize(Decimal('0.01')).normalize():f}M"
    return f"${whole // 1000}K" if whole >= 1_000 else f"${whole}"


def exact(arr: Decimal | None) -> str:
    """The ARR to the cent for those who see it: "$412,345", "$900.50"; "" where nobody has said."""
    if arr is None:
        return ""
    return f"${arr:,.2f}".removesuffix(".00")
