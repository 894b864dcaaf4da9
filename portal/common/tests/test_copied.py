"""What is shown once, to be copied, reads whole on every page that shows it."""

from pathlib import Path

from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"


def test_an_address_that_is_shown_once_breaks_on_a_phone_instead_of_widening_the_page() -> None:
    rules = [line for line in (CSS / "parts.css").read_text(encoding="utf-8").splitlines() if ".token-text {" in line]
    assert len(rules) == 1
    assert "overflow-wrap: anywhere" in rules[0]
