"""Names and slugs of customers."""

from collections.abc import Iterable

from django.utils.text import slugify

from people.rules import clean_name

LONGEST = 120  # characters of a name
SLUG_LONGEST = 100  # room for "-12"
# Pages of this room that stand where a slug would.
TAKEN = frozenset({"new", "import", "export", "sample", "search"})


def clean(text: str) -> str:
    """A name as it is stored: composed, one space between words, without control or direction marks."""
    return clean_name(text)


def fault_of(name: str) -> str:
    """What is wrong with a cleaned name, in words; "" for a good one."""
    if not name:
        return "A customer has a name."
    return f"A name has at most {LONGEST} characters." if len(name) > LONGEST else ""


def slug_base(name: str) -> str:
    """How the slug of a name begins: "acme-health"; "customer" for one without a Latin letter."""
    return slugify(name)[:SLUG_LONGEST].strip("-_") or "customer"


def free_slug(name: str, taken: Iterable[str]) -> str:
    """The first slug of the name that nobody has or had: "acme", "acme-2"."""
    base, used, number = slug_base(name), TAKEN.union(taken), 2
    slug = base
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug


def is_slug_of(slug: str, name: str) -> bool:
    """Whether a slug still fits the name, so that renaming leaves it: "acme-2" fits Acme."""
    base = slug_base(name)
    rest = slug.removeprefix(base)
    return slug == base or (rest != slug and rest.startswith("-") and rest[1:].isdigit())
