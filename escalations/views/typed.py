"""What the composer's form sends, made fit to be used."""

from django.http import QueryDict

from escalations.rules import markdown
from escalations.rules.composing import MOST_VALUES, Typed, clean_value
from escalations.rules.responses import key_of
from escalations.rules.ways import Way

VALUE, LEAVE = "value-", "leave-"
MOST_NAME, MOST_KEY = 80, 36


def typed_of(data: QueryDict) -> Typed:
    """What was typed. A field that was on the page counts also when it is empty."""
    text = data.get("text")
    return Typed(
        template=_short(data.get("template", "")), version=number_of(data.get("version")),
        text=None if text is None else markdown.clean(text)[: markdown.LONGEST * 2], values=values_of(data),
        left_out=left_out_of(data), ways=_ways(data) if "drawn" in data else None,
        asks=data.get("asks") == "on" if "drawn" in data else None, key=_short(data.get("key", ""))[:MOST_KEY],
        seen=number_of(data.get("seen")),
    )


def chosen_of(data: QueryDict) -> Typed:
    """Another template is begun: values that were filled in stay, the text and what follows from it do not."""
    before = typed_of(data)
    filled = {key: value for key, value in before.values.items() if value.strip()}
    return Typed(template=before.template, values=filled, left_out=before.left_out, ways=before.ways, key=before.key,
                 seen=before.seen)


def values_of(data: QueryDict) -> dict[str, str]:
    """What was filled in, by the placeholder's key."""
    names = [name for name in data if name.startswith(VALUE)][:MOST_VALUES]
    return {key_of(_short(name[len(VALUE):])): clean_value(data.get(name) or "") for name in names}


def left_out_of(data: QueryDict) -> frozenset[str]:
    """The keys of the placeholders that are not needed."""
    names = [name for name in data if name.startswith(LEAVE)][:MOST_VALUES]
    return frozenset(key_of(_short(name[len(LEAVE):])) for name in names)


def number_of(text: str | None) -> int | None:
    """A whole number that a key of the database can be; else None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None


def _ways(data: QueryDict) -> tuple[str, ...]:
    asked = data.getlist("ways")
    return tuple(way for way in Way if way in asked)


def _short(text: str) -> str:
    return text.replace("\x00", "")[:MOST_NAME]
