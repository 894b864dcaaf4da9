"""What a page says, by each way; and what of somebody else's text is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.rules.page_words import Call, clean_line, clean_path, clean_text, plain, say

CALL = Call(reason="Messages fail to post", details="Since 3:02.\nAll of them.", urgent=True, test=False,
            role="You are primary now", turn="Round 2 of 3", since="Wed 18 Nov 2026, 3:00 am EST", who="Ada",
            link="https://set.example.com/p/abc/", portal="https://set.example.com/pages/7/",
            source="https://set.example.com/tickets/MM-1/")


def test_each_way_says_what_who_why_and_where_to_answer() -> None:
    said = say(CALL)
    assert said.subject == "Urgent page: Messages fail to post"
    for text in (said.chat, said.mail):
        assert "You are primary now. Round 2 of 3. Paged by Ada, Wed 18 Nov 2026, 3:00 am EST." in text
        assert "https://set.example.com/tickets/MM-1/" in text
        assert CALL.link in text
        assert CALL.portal in text
    assert "> Since 3:02.\n> All of them." in said.chat
    assert f"[Acknowledge]({CALL.link}?do=acknowledge)" in said.chat
    assert said.short == f"Urgent page: Messages fail to post. You are primary now. Answer: {CALL.link}"


def test_a_test_says_that_it_is_one_and_without_details_there_is_no_gap() -> None:
    said = say(Call(**{**CALL.__dict__, "test": True, "details": "", "source": "", "turn": ""}))
    assert said.subject.startswith("Test page: ")
    assert "\n\n\n" not in said.chat + said.mail
    assert say(Call(**{**CALL.__dict__, "urgent": False})).subject.startswith("Page: ")


def test_somebody_elses_text_is_no_markup_and_calls_nobody() -> None:
    shown = plain("**now** [look](http://evil) @all ~town #x <b> `rm`")
    for bad in ("**now**", "[look](", "@all", "~town", " #x", "<b>", "`rm`"):
        assert bad not in shown.replace("\\" + bad[0], "\\")
    assert "@\u200ball" in shown


def test_an_address_is_an_address_in_chat_and_nothing_else() -> None:
    source = "https://x.example/a b?c=d [Acknowledge](https://evil.example) **now**"
    shown = "https://x.example/a%20b?c=d%20%5BAcknowledge%5D%28https://evil.example%29%20%2A%2Anow%2A%2A"
    assert f"About: {shown}\n" in say(Call(**{**CALL.__dict__, "source": source})).chat


def test_nothing_turns_round_the_words_behind_it() -> None:
    assert clean_line("evil \u202egnp.exe\u202c \u2067x\u2069") == "evil gnp.exe x"
    assert clean_text("\u202eone\ntwo") == "one\ntwo"
    hebrew, mechanic = "\u05e9\u05dc\u05d5\u05dd", "\U0001f469\u200d\U0001f527"
    assert clean_line(f"{hebrew} {mechanic}") == f"{hebrew} {mechanic}"


@pytest.mark.parametrize(("given", "kept"), [
    ("/tickets/MM-1/", "/tickets/MM-1/"), ("https://x.example/a b", "https://x.example/a b"), ("http://x", "http://x"),
    ("//evil", ""), ("/\\evil", ""), ("javascript:alert(1)", ""), ("ftp://x", ""), ("tickets/", ""), ("", ""),
])
def test_a_link_is_a_page_of_the_portal_or_an_address_of_the_web(given: str, kept: str) -> None:
    assert clean_path(given) == kept


@given(st.text())
def test_whatever_is_given_a_line_is_a_line_and_a_text_is_bounded(text: str) -> None:
    line = clean_line(text, 50)
    assert len(line) <= 50
    assert line == " ".join(line.split())
    shown = clean_text(text, 60)
    assert len(shown) <= 60
    assert "\x00" not in line + shown
    (line + shown).encode()
