"""How two versions of a text differ, as somebody reads it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from escalations.rules.differences import Change, differences

BEFORE = ("We see that about one message in five fails since 3 am. The team is looking at the database, and at its "
          "connections. Next we take a profile.")
ANEW = ("A release candidate with the fix is being verified. Once it is through, the staging of Northwind is upgraded "
        "first, then their production at night.")
PARTS = ["The primary is at 97 %. ", "The replica is at 43 %. ", "Nothing. ", "\n", "- a b c\n", "x", "It fails!\n\n",
         "a a a. ", "{{reporter name}}, "]
texts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@given(texts | st.text(max_size=80), texts | st.text(max_size=80))
def test_either_version_is_read_out_of_a_comparison_sign_by_sign(old: str, new: str) -> None:
    changes = differences(old, new)
    assert "".join(one.text for one in changes if one.kind != "new") == old
    assert "".join(one.text for one in changes if one.kind != "gone") == new
    assert all(one.text for one in changes)
    kinds = [one.kind for one in changes]
    assert not any(pair in {("new", "gone"), ("gone", "gone"), ("new", "new"), ("same", "same")}
                   for pair in pairwise(kinds))


def test_a_small_edit_is_shown_word_by_word() -> None:
    assert differences("The primary is at 97 % CPU. We look.", "The primary is at 43 % CPU. We look.") == (
        Change("same", "The primary is at "), Change("gone", "97"), Change("new", "43"),
        Change("same", " % CPU. We look."))


def test_a_text_written_anew_stands_as_what_it_was_and_what_it_is() -> None:
    assert differences(BEFORE, ANEW) == (Change("gone", BEFORE, block=True), Change("new", ANEW, block=True))


def test_among_sentences_written_anew_one_that_was_edited_is_found() -> None:
    kept = "Their DBA is on the bridge with {}."
    changes = differences(f"{BEFORE} {kept.format('us')}", f"{ANEW} {kept.format('Ines')}")
    assert [one.kind for one in changes] == ["gone", "new", "same", "gone", "new"]
    assert [one.text for one in changes[-3:]] == ["Their DBA is on the bridge with ", "us.", "Ines."]


def test_a_long_text_is_compared_in_no_time_and_loses_nothing() -> None:
    for old, new in (("a b " * 4_000, "b a " * 4_000), ("a\n" * 8_000, "b\na\n" * 4_000), ("\n" * 16_000, "x")):
        changes = differences(old, new)
        assert "".join(one.text for one in changes if one.kind != "new") == old
        assert "".join(one.text for one in changes if one.kind != "gone") == new
