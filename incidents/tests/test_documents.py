"""A retrospective as Markdown and as PDF: what was typed is shown as it was typed, and is never markup of the PDF."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import paper
from incidents.rules.documents import Document, Section, as_blocks, as_markdown, as_plain, blocks
from incidents.tests.pdf_text import text_of

EVIL = '#read("/etc/passwd") $x$ \\ *bold* #include "x" @ref <tag> [a](javascript:alert(1)) `#code` // gone'


def document(text: str, **more: Any) -> Document:
    return Document(**{"title": "Outage #1 | *all*", "about": "17 November 2026", "sections": (Section("Cause", text),)}
                    | more)


def words(found: list[dict[str, Any]]) -> str:
    return "".join(run["text"] for block in found for run in block.get("runs", ()))


def test_markdown_becomes_blocks() -> None:
    text = "# One\n\ntext **bold**\n\n1. first\n   - inner\n\n> said\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n---"
    found = blocks(text)
    assert [one["kind"] for one in found] == ["heading", "paragraph", "item", "item", "quote", "code", "table", "rule"]
    assert found[0]["level"] == 2
    assert [run["text"] for run in found[1]["runs"] if run["bold"]] == ["bold"]
    assert [(one["mark"], one["depth"]) for one in found[2:4]] == [("1.", 1), ("•", 2)]
    assert found[6]["columns"] == 2


def test_only_links_of_the_web_and_of_mail_are_links() -> None:
    [found] = blocks("[a](https://example.org) [b](javascript:x) [c](file:///etc) [d](mailto:a@b.org)")
    assert {run["url"] for run in found["runs"]} == {"", "https://example.org", "mailto:a@b.org"}


def test_a_name_with_signs_cannot_break_the_markdown() -> None:
    drawn = as_markdown(document("## Below\n\n```\n## not a heading\n```", title="ABC # | *x*\n# no"))
    assert drawn.startswith("# ABC # \\| \\*x\\*")
    assert "### Below" in drawn
    assert "\n## not a heading\n" in drawn


def test_headings_of_the_markdown_go_down_one_by_one() -> None:
    parts = (Section("", "## What happened\n\n# Loud\n\n### Deeper"), Section("Cause", "## Below\n\n#### Deep"))
    drawn = as_markdown(Document(title="Outage", about="", sections=parts))
    assert [line for line in drawn.split("\n") if line.startswith("#")] == [
        "# Outage", "## What happened", "## Loud", "### Deeper", "## Cause", "### Below", "#### Deep"]


@given(st.text(max_size=300))
def test_every_text_has_blocks_of_plain_strings(text: str) -> None:
    for block in as_blocks(document(text)):
        assert all(isinstance(run["text"], str) for run in block.get("runs", ()))


def test_what_was_typed_stands_in_the_pdf_as_it_was_typed() -> None:
    found = as_blocks(document(EVIL))
    assert '#read("/etc/passwd") $x$' in words(found)
    said = text_of(paper.as_pdf(document(EVIL)))
    assert said.startswith("Outage #1 | *all* 17 November 2026 Cause")
    for typed in ('#read("/etc/passwd") $x$', '#include "x" @ref <tag> [a](javascript:alert(1))', "#code", "// gone"):
        assert typed.replace(" ", "") in said.replace(" ", ""), said


def test_a_pdf_holds_every_part_of_its_document_in_order() -> None:
    parts = (Section("", "First **words** and a [guide](https://example.org/a)."),
             Section("Measured", lines=(("Lasted", "9 hours 6 minutes"), ("Updates", "19"))),
             Section("Cause", "- one\n- two\n\n> said\n\n```\nSELECT 1;\n```\n\n|a|b|\n|-|-|\n|1|2|"))
    said = text_of(paper.as_pdf(Document("Outage of ABC", "I-7 · Sev1", parts, foot="internal")))
    assert said == ("Outage of ABC I-7 · Sev1 First words and a guide . Measured Lasted 9 hours 6 minutes Updates 19 "
                    "Cause • one • two said SELECT 1; a b 1 2 internal 1 / 1")


def test_words_of_many_scripts_are_set() -> None:
    said = text_of(paper.as_pdf(document("Ελληνικά Кириллица Żółć 日本語 עברית 😀 \u202e\u0000")))
    assert "Ελληνικά Кириллица Żółć" in said


def test_sixteen_thousand_characters_are_set_whole() -> None:
    made = paper.as_pdf(document("#x *a* | `b` \n\n" * 1_000))
    assert text_of(made).count("#x a | b") == 1_000


def test_where_the_library_is_not_there_the_reader_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "installing").touch()
    monkeypatch.setattr(paper, "INSTALLING", tmp_path / "installing")
    with pytest.raises(paper.NoPaper, match="being installed"):
        paper.as_pdf(document("x"))


# ---- As plain text --------------------------------------------------------------------


def test_a_mail_says_the_document_in_words_without_marks() -> None:
    text = ("## The cause\n\nSmith \\& Sons asked for **all** of it, see [the guide](https://example.org/a).\n\n"
            "- **3:19 am ET** Investigating\n- second\n  line\n  1. inner\n\n> said\n\n"
            "```\n# code\n```\n\n|a|b|\n|-|-|\n|1|2|")
    told = Document("Incident report of 17 November 2026", "Smith & Sons", (Section("", text),))
    assert as_plain(told) == (
        "Incident report of 17 November 2026\nSmith & Sons\n\nThe cause\n\nSmith & Sons asked for all of it, see the "
        "guide (https://example.org/a).\n\n• 3:19 am ET Investigating\n• second\n  line\n  1. inner\n\n> said\n\n"
        "    # code\n\na | b\n1 | 2\n")


def test_an_address_that_is_its_own_words_is_said_once() -> None:
    said = as_plain(Document("T", "", (Section("", "<https://example.org> and <ana@example.org>"),)))
    assert said == "T\n\nhttps://example.org and ana@example.org\n"


@given(st.text(max_size=300))
def test_no_word_of_a_text_is_lost_in_the_mail(text: str) -> None:
    told = document(text)
    said = as_plain(told)
    for block in as_blocks(told):
        assert all(word in said for run in block.get("runs", ()) for word in run["text"].split())
