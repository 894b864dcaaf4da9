"""Placeholders: found, filled, left out; a value stays what somebody typed."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from escalations.queries.composing import preview_of
from escalations.rules import markdown
from escalations.rules.composing import why_not
from escalations.rules.responses import differences, faults, fill, placeholders

NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9 '-]{0,20}[A-Za-z0-9]", fullmatch=True)
VALUE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60)
LIST = "Try: {{list of steps}}\n\nBye"


def read(text: str) -> str:
    """What somebody reads when it is shown: without tags and line breaks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", str(markdown.html(text)))).replace("\u200b", "").split())


# ---- Found ----


def test_placeholders_are_found_once_in_the_order_in_which_they_stand() -> None:
    found = placeholders("{{b}} {{ A  c }} {{B}} {{d?}}")
    assert [(one.name, one.key, one.optional) for one in found] == [
        ("b", "b", False), ("A c", "a c", False), ("d", "d", True)
    ]


def test_one_that_must_be_said_in_one_place_must_be_said() -> None:
    assert not placeholders("{{x?}} {{x}}")[0].optional


@pytest.mark.parametrize(
    "text", ["[x](http://a)", "{x}", "{{}}", "{{ }}", "{{x\ny}}", "{{{}}}", "{{_x}}", "{{" + "x" * 61 + "}}"]
)
def test_other_brackets_are_no_placeholders(text: str) -> None:
    assert not placeholders(text)
    assert fill(text, {"x": "y"}).text == text


def test_a_template_with_broken_braces_is_faulty_and_a_good_one_is_not() -> None:
    assert not faults("Hi {{reporter name}}, {{other needs?}}")
    assert faults("Hi {{reporter name}") and faults("") and faults("{{a|b}}")


# ---- Filled ----


def test_what_is_known_fills_itself_in_and_what_is_open_stays_marked() -> None:
    filled = fill("Hi {{reporter name}}, see {{link}}.", {"Reporter Name": " Rafael "})
    assert (filled.text, filled.missing, filled.ready) == ("Hi Rafael, see {{link}}.", ("link",), False)
    assert [(part.text, part.key, part.missing) for part in filled.parts] == [
        ("Hi ", "", False), ("Rafael", "reporter name", False), (", see ", "", False), ("", "link", True),
        (".", "", False),
    ]


def test_a_blank_value_is_open_still() -> None:
    assert fill("{{a}}", {"a": " \n\t"}).missing == ("a",)


def test_the_line_of_what_is_not_needed_goes_and_only_of_what_may_be_left_out() -> None:
    body = "Send:\n\n1. Logs\n2. {{other needs?}}\n\nBye {{name}}"
    assert fill(body, {"name": "A"}, {"Other Needs"}).text == "Send:\n\n1. Logs\n\nBye A"
    assert fill(body, {"name": "A"}).missing == ("other needs",)
    assert fill(body, {}, {"name", "other needs"}).missing == ("name",)


@pytest.mark.parametrize(("body", "rest"), [
    ("Hi {{name}}, thank you. Its ticket is {{link?}}. We tell you more.", "Hi A, thank you. We tell you more."),
    ("Hi {{name}}, thank you.\n\nThe ticket is {{link?}}.\n\nBye", "Hi A, thank you.\n\nBye"),
    ("Why? See {{link?}}! Really. {{ link ? }}", "Why? Really."),
    ("- Logs. And {{link?}}\n- Steps", "- Steps"),
    ("Hi {{name}}, see {{link?}}", "Hi A, see"),  # its one sentence stays: an answer is not emptied
])
def test_what_is_left_out_takes_its_item_or_its_sentence_and_not_the_text(body: str, rest: str) -> None:
    assert fill(body, {"name": "A"}, {"link"}).text == rest


def test_several_lines_become_items_where_a_list_is_wanted() -> None:
    assert fill("1. Logs\n2. {{other needs?}}", {"other needs": "- The filter\n- A test"}).text == (
        "1. Logs\n2. The filter\n3. A test"
    )
    assert fill(LIST, {"list of steps": "1. Restart\n2. Look"}).text == "Try:\n\n1. Restart\n2. Look\n\nBye"
    assert fill(LIST, {"list of steps": "Restart"}).text == "Try: Restart\n\nBye"


def test_a_ticket_is_a_link_by_its_key_and_other_addresses_stay_links() -> None:
    filled = fill("{{ticket link}} {{link}}", {
        "ticket link": "https://jira.example.org/browse/MM-61100", "link": "see https://docs.example.org/a_b*c."
    })
    assert filled.text == "[MM-61100](https://jira.example.org/browse/MM-61100) see <https://docs.example.org/a_b*c>."


@pytest.mark.parametrize("value", [
    "10.5", "1. first", "# 1", "- a", "> b", "*x*", "__x__", "`c`", "[a](http://b)", "<b>", "a | b", "~~s~~", "&lt;",
    "\\", "![p](http://x/y.png)", "{{name}}", "=== ", "+ 1",
])
def test_a_value_is_shown_as_it_was_typed(value: str) -> None:
    for body in ("{{x}}", "Hi {{x}}", "1. {{x}}", "a\n{{x}}\nb"):
        shown = str(markdown.html(fill(body, {"x": value}).text))
        assert not re.search(r"<(em|strong|code|h\d|blockquote|s|hr|table|img|ul)\b", shown), shown
        assert value.strip() in read(fill(body, {"x": value}).text)


def test_nobody_is_called_by_a_value_and_a_mail_address_stays_one() -> None:
    assert fill("{{x}}", {"x": "@channel"}).text == "@\u200bchannel"
    assert fill("{{x}}", {"x": "ada@example.org"}).text == "ada@example.org"


@given(VALUE)
@example("{{reporter name}}")
@example("a  b")
def test_whatever_is_typed_is_read_as_it_was_typed(value: str) -> None:
    if "http" in value or "@" in value or not value.strip():
        return
    filled = fill("Hi {{x}}, bye", {"x": value})
    assert filled.ready
    assert read(filled.text) == " ".join(f"Hi {' '.join(value.split())}, bye".replace("\u200b", "").split())


@given(st.dictionaries(NAME, VALUE.filter(str.strip), max_size=5), st.sets(NAME, max_size=3))
def test_every_placeholder_is_filled_or_named_as_missing(values: dict[str, str], others: set[str]) -> None:
    names = list({name.casefold(): name for name in (*values, *others)}.values())
    body = " and ".join(f"{{{{{name}}}}}" for name in names)
    filled = fill(body, values)
    known = {" ".join(name.split()).casefold() for name in values}
    assert {one.key for one in placeholders(body)} - known == {name.casefold() for name in filled.missing}
    assert "".join(part.text if not part.key else "" for part in filled.parts) == " and " * max(len(names) - 1, 0)


@given(st.text(max_size=300), st.dictionaries(NAME, st.text(max_size=40), max_size=3))
def test_nothing_that_is_typed_breaks_it(body: str, values: dict[str, str]) -> None:
    filled = fill(body, values, values)
    assert filled.ready == (not filled.missing)
    assert "<script" not in preview_of(body, values, frozenset(values)).lower()


def test_a_preview_marks_what_is_open_and_not_what_was_typed() -> None:
    shown = preview_of("Hi {{name}}, {{link}}", {"name": "{{link}} \ue000x\ue001"})
    assert shown.count('<mark class="slot" data-tone="amber">') == 1
    assert '<mark class="slot" data-tone="amber">link</mark>' in shown


# ---- Words ----


def test_what_is_to_be_filled_in_is_said_in_a_sentence() -> None:
    assert why_not(()) == ""
    assert why_not(("link",)) == "Fill in “link” to send"
    assert why_not(("a", "b", "c")) == "Fill in “a”, “b” and “c” to send"


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_versions_can_be_put_together_again_from_their_differences(old: str, new: str) -> None:
    changes = differences(old, new)
    assert "".join(one.text for one in changes if one.kind != "new") == old
    assert "".join(one.text for one in changes if one.kind != "gone") == new
