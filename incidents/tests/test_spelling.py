"""Names are known as a reader sees them, however they are decorated."""

import re
import unicodedata
from html import unescape

import pytest
from django.utils.html import strip_tags
from hypothesis import given, settings
from hypothesis import strategies as st

from escalations.rules import markdown
from incidents.choices import Reading
from incidents.rules.public import Names, without_others
from incidents.rules.updates.form import Entry, Facts, render
from incidents.rules.updates.names import without_names
from incidents.rules.updates.spelling import names_seen
from incidents.tests.factories import NIGHT
from portal.tests.patience import not_for_ever

OTHERS = ("Big Bank", "Initech", "Straße Öl AG", "İstanbul Gaz", "日本銀行", "Coca-Cola", "AT&T")
OURS = ("Ines Moreau", "Joël O'Kafor")


def read(text: str) -> str:
    """A text as it reads once it is drawn: without marks, accents and signs that take no place."""
    drawn = unescape(strip_tags(markdown.html(text)))
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", drawn).casefold()).replace("ı", "i")
    seen = "".join(one for one in folded if unicodedata.category(one) not in {"Cf", "Mn", "Cc"} or one.isspace())
    return re.sub(r"[\s-]+", " ", seen)


@pytest.mark.parametrize("typed", [
    "Big **Bank**", "**Big** Bank", "B<b>ig</b> Bank", "[Big](https://x.example) Bank", "[Big Bank](x)", "Big&#32;Bank",
    "[Big](<a)b>) Bank", "[Big](x \"a)\") Bank", "[Big][1] Bank", "[Big] Bank", "Big ![Bank](x)", "_Big Bank_",
    "Big&nbsp;Bank", "Big\\ Bank", "B\u00adig Ba\u200bnk", "Big\u200bBank", "Big\u2003Bank", "Big\u3000Bank",
    "Ｂｉｇ Ｂａｎｋ", "𝐁𝐢𝐠 𝐁𝐚𝐧𝐤", "BIG BANK", "B&#105;g B&#x61;nk", "`Big` Bank", "~~Big~~ Bank", "Big\n> Bank",
    "big-bank", "Big_Bank", "B**i**g *Ba*nk", "Bi\u0301g Bank", "Big\u2011Bank", "<Big **Bank**>", "x\u200bBig Bank",
    "Big Bank_eu", "https://x.example/?of=Big%20Bank", "&#66;ig&#9;Bank", "Big<!-- a -->Bank",
    "Big\\\nBank", "Big  \nBank",
])
def test_a_name_is_known_whatever_it_is_written_with(typed: str) -> None:
    said = without_others(f"At {typed}, since noon.", Names(others=frozenset({"Big Bank"})))
    assert "another customer" in said and "since noon." in said
    assert "big bank" not in read(said) and "bank" not in said.casefold()


@pytest.mark.parametrize(("typed", "said"), [
    ("**Big** Bank is down", "**another customer** is down"), ("Big **Bank** is down", "**another customer** is down"),
    ("**Big *Ba*nk** is", "**another customer** is"),
    ("[Big](https://x.example) Bank", "[another customer](https://x.example)"),
    ("[Big Bank](https://x.example)", "[another customer](https://x.example)"),
    ("<b>Big</b> Bank", "<b>another customer</b>"), ("B<b>ig</b> Bank", "another customer"),
    ("[Big](https://x.example/Big_Bank) Bank", "[another customer](https://x.example/another customer)"),
])
def test_what_is_said_instead_stands_among_the_same_marks(typed: str, said: str) -> None:
    assert without_others(typed, Names(others=frozenset({"Big Bank"}))) == said


@pytest.mark.parametrize("typed", [
    "Bigger Bank", "The big bankers", "big, bank", "Big. Bank", "A big question for the bank", "bigbank",
])
def test_what_is_no_name_stays(typed: str) -> None:
    assert without_others(typed, Names(others=frozenset({"Big Bank"}))) == typed


def test_letters_that_are_alike_are_one_and_own_names_stay() -> None:
    names = Names(frozenset({"Big Bank North"}), frozenset({"Straße", "İstanbul", "Big Bank", "IT"}))
    for typed in ("STRASSE", "strasse", "Straße", "istanbul", "ISTANBUL", "İSTANBUL", "İstanbul", "ıstanbul", "I&#84;"):
        assert without_others(typed, names) == "another customer", typed
    for typed in ("It", "Big **Bank** north", "big\u00a0bank\u200b north"):
        assert without_others(typed, names) == typed
    assert [one.name for one in names_seen("在日本銀行的", ["日本銀行"])] == ["日本銀行"]


@pytest.mark.parametrize("typed", [
    "Ines **Moreau**", "[Ines](x) Moreau", "I\u00adnes Moreau", "＠ines", "@\u200bines", "&#64;ines", "\\@ines",
    "@**ines**", "@Ines Mo<b>r</b>eau",
])
def test_our_people_are_known_as_well(typed: str) -> None:
    said = without_names(f"Found by {typed}", OURS)
    assert "one of our engineers" in said
    assert not re.search("ines|moreau", re.sub("engineers", "", read(said)))


BREAKS = ("", "", "", "**", "*", "_", "`", "~~", "\u00ad", "\u200b", "\u2060", "<i>", "</i>", "\\", "\u0301", "[", "]",
          "](https://x.example/a)", "&shy;", "&zwnj;", "]()", "][a]", "|")
GAPS = (" ", "\n", "&nbsp;", "&#32;", "\u2003", "\u00a0", "\\ ", " **", "** ", "  \n", "\n> ", "](x) ", "<br>",
        "\u2009[")


@st.composite
def decorated(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """One of the names, each of its letters written anyhow, with anything between them that is not read."""
    parts = []
    for sign in draw(st.sampled_from(names)):
        if sign in " -":
            parts.append(draw(st.sampled_from(GAPS)))
            continue
        forms = [sign, sign.upper(), sign.lower(), f"&#{ord(sign)};", f"&#x{ord(sign):x};"]
        if "!" <= sign <= "~":
            forms.append(chr(ord(sign) + 0xFEE0))
        parts += [draw(st.sampled_from(BREAKS)), draw(st.sampled_from(forms))]
    return "".join(parts)


@settings(max_examples=50)
@given(decorated(OTHERS), decorated(OURS), st.sampled_from(["**", "", "_", "[", "> ", "- ", "`"]))
def test_in_the_customers_reading_stands_no_name_however_it_is_decorated(other: str, ours: str, before: str) -> None:
    facts = Facts(("Northwind", *OTHERS), 1, "Investigating", NIGHT, NIGHT, "UTC", people=OURS)
    entry = Entry(summary=f"{before}{other} is down, says {ours}.", impact=f"At {other}.", customer_impact="")
    said = without_others(render(entry, facts, Reading.CUSTOMER), Names(frozenset({"Northwind"}), frozenset(OTHERS)))
    for text in (read(said), read(re.sub(r"[*_`~\\]", "", said))):
        assert not [name for name in (*OTHERS, *OURS) if read(name).strip() in text]


@pytest.mark.parametrize(("before", "again"), [
    ("B", "<>"), ("", "]("), ("Big", "["), ("", "<b "), ("", "B*"), ("B", "*"), ("", "]((("), ("", '<"'), ("", "&#"),
    ("", "Big\\"),
])
def test_a_text_that_means_harm_is_looked_at_but_a_few_times(before: str, again: str) -> None:
    with not_for_ever():
        without_others(before + again * (500_000 // len(again)), Names(others=frozenset({"Big Bank", "B", "Bi G"})))
