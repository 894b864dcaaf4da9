"""Wiki markup becomes safe HTML, in time that grows with its length only."""

import pytest

from portal.tests.patience import not_for_ever
from tickets.rules import wiki
from tickets.rules.wiki import LONGEST, render


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("*bold* and _slanted_", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("-gone- +new+ 2^32^ H~2~O", "<p><del>gone</del> <ins>new</ins> 2<sup>32</sup> H<sub>2</sub>O</p>"),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2*3*4</p>"),
        ("a-b-c 10-20-30", "<p>a-b-c 10-20-30</p>"),
        ("{{mono *raw*}}", "<p><code>mono *raw*</code></p>"),
        ("h1. Top\nh4. Deep", "<h3>Top</h3><h4>Deep</h4>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("* a\n** b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("# a\n#* b", "<ol><li>a<ul><li>b</li></ul></li></ol>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("bq. said", "<blockquote><p>said</p></blockquote>"),
        ("{quote}a\n\nb{quote}", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("{panel:title=Note|bgColor=#fff}x{panel}", "<blockquote><p><strong>Note</strong></p><p>x</p></blockquote>"),
        ("----", "<hr>"),
        ("{color:red}red{color}", "<p>red</p>"),
        (r"\*not bold\*", "<p>*not bold*</p>"),
        ("{code:java}a < *b*{code}", '<pre tabindex="0">a &lt; *b*</pre>'),
        ("{noformat}\n x\n{noformat}", '<pre tabindex="0"> x</pre>'),
        ("{code} never closed", "<p>{code} never closed</p>"),
        ("!shot.png|thumbnail!", "<p><code>shot.png</code></p>"),
        ("Wow! Really!", "<p>Wow! Really!</p>"),
        ("[^server.log]", "<p><code>server.log</code></p>"),
        ("[~bob]", "<p><b>@bob</b></p>"),
        ("[not a link]", "<p>[not a link]</p>"),
        ("", ""),
    ],
)
def test_markup_is_drawn(markup: str, html: str) -> None:
    assert render(markup) == html


def test_a_table_has_heads_and_cells() -> None:
    drawn = render("||a||b||\n|1|[x|https://e.com/?a=1&b=2]|")
    assert "<th>a</th><th>b</th>" in drawn
    assert '<td>1</td><td><a href="https://e.com/?a=1&amp;b=2" rel="noopener nofollow noreferrer">x</a></td>' in drawn


def test_links_lead_to_the_web_and_to_mail_only() -> None:
    assert 'href="https://e.com/x_(y)"' in render("see https://e.com/x_(y).")
    assert 'href="mailto:a@e.com"' in render("[write|mailto:a@e.com]")
    for address in ("javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//e.com", "ftp://e"):
        assert "<a" not in render(f"[click|{address}] [{address}]"), address


def test_mentions_are_named() -> None:
    assert render("[~accountid:5b:1]", {"5b:1": "Ada <b>"}) == "<p><b>@Ada &lt;b&gt;</b></p>"
    assert render("[~accountid:unknown]") == "<p><b>@somebody</b></p>"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{code:title=<script>x}y{code}",
        "[<img src=x onerror=alert(1)>|https://e.com]", '[x|https://e.com/" onmouseover="alert(1)]',
        "{panel:title=<svg onload=alert(1)>}x{panel}", "!https://e.com/pixel.gif!", "\ue0000\ue001 *a*",
        "{{<iframe src=//e.com>}}", "||<style>*{}</style>||", "[~<b>]", "h1. <a href=javascript:x>",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str) -> None:
    drawn = render(hostile).lower()
    for forbidden in ("<script", "<img", "<iframe", "<svg", "<style", "javascript:x>", "\ue000", ' onmouseover="'):
        assert forbidden not in drawn, drawn


@pytest.mark.parametrize(
    "unit",
    [
        "{", "{{a", "*a ", "_a ", "|a", "||", "{code:java}", "{code}", "{quote}", "{panel}", "[", "[a|", "[~", "!a",
        "!a.png|", "http://", "\n", "* x\n", "h1. x\n", "*_-+^~", "a~", "a^", "??a", "\\", "|[", "|{{",
        "{quote}{panel}",
    ],
)
def test_each_of_half_a_million_characters_of_anything_is_looked_at_but_a_few_times(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiki, "LONGEST", 500_000)
    with not_for_ever():
        render(unit * (wiki.LONGEST // len(unit)))


def test_what_is_longer_is_cut_and_says_so() -> None:
    assert "the rest of it is in Jira" in render("word " * LONGEST)
    assert "the rest of it is in Jira" not in render("word")
