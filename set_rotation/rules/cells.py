"""Values for spreadsheets."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")  # the wide ones are read as the others


def cell(value: object) -> str:
    """A value for a spreadsheet: what would be taken for a formula is marked as text."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
