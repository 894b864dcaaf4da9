"""Words as people type them, kept clean."""

from set_rotation.rules import page_words

LONGEST_LINE, LONGEST_TEXT = 200, 16_000  # Mattermost takes 16,383 characters in one post


def clean_line(text: str, limit: int = LONGEST_LINE) -> str:
    """One line without control and direction characters, of `limit` characters at most."""
    return page_words.clean_line(text, limit)


def clean_text(text: str, limit: int = LONGEST_TEXT) -> str:
    """Lines without control and direction characters, of `limit` characters at most."""
    return page_words.clean_text(text, limit)
