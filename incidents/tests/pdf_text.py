"""What stands in a PDF that the portal made, as a reader's program would copy it: the strings of each page, by the
fonts' own tables of signs. It reads what Typst writes (objects that stand open, one table for each font), and no other
PDF."""

import re
import zlib

_OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)(?=\nendobj)", re.DOTALL)
_STREAM = re.compile(rb"\n(\d+) 0 obj\n<<((?:(?!endobj).)*?)>>\nstream\r?\n", re.DOTALL)
_PLAIN = rb"[^()\\]|\\."  # brackets in pairs may stand in a string as they are
_TOKEN = re.compile(
    rb"/(\w+) [\d.]+ Tf|\(((?:%b|\((?:%b|\((?:%b)*\))*\))*)\)|(\bET\b)" % (_PLAIN, _PLAIN, _PLAIN), re.DOTALL)
_MARKED = re.compile(rb"/\w+<<.*?>>BDC")  # how programs read it aloud: its language in brackets is no word
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """The words of all pages, with one space between two runs of them; where a line is broken is not told."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    streams = {int(found[1]): _inflated(pdf, found) for found in _STREAM.finditer(pdf)}
    said: list[str] = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            said += _page(objects, streams, body)
    return " ".join(" ".join(said).split())


def _inflated(pdf: bytes, found: re.Match[bytes]) -> bytes:
    length = re.search(rb"/Length (\d+)", found[2])
    data = pdf[found.end():found.end() + int(length[1] if length else 0)]
    return zlib.decompress(data) if b"/FlateDecode" in found[2] else data


def _page(objects: dict[int, bytes], streams: dict[int, bytes], body: bytes) -> list[str]:
    resources = re.search(rb"/Resources (\d+) 0 R", body)
    fonts = re.search(rb"/Font\s*<<(.*?)>>", objects[int(resources[1])] if resources else body, re.DOTALL)
    signs = {}
    for name, number in re.findall(rb"/(\w+) (\d+) 0 R", fonts[1] if fonts else b""):
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        signs[name] = _signs(streams[int(table[1])]) if table else {}
    content = re.search(rb"/Contents (\d+) 0 R", body)
    return _said(streams[int(content[1])], signs) if content else []


def _signs(table: bytes) -> dict[int, str]:
    """Which text each glyph of a font stands for."""
    found = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, text in re.findall(rb"<(\w+)>\s*<(\w+)>", part):
            found[int(glyph, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", part):
            for place in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + place] = chr(int(text, 16) + place)
    return found


def _said(content: bytes, signs: dict[bytes, dict[int, str]]) -> list[str]:
    runs, font = [""], b""
    for name, string, end in _TOKEN.findall(_MARKED.sub(b"", content)):
        if name:
            font = name
        elif end:
            runs.append("")
        else:
            raw = _ESCAPE.sub(lambda one: _NAMED.get(one[1]) or (
                bytes([int(one[1], 8)]) if one[1].isdigit() else one[1]), string)
            glyphs = [int.from_bytes(raw[place:place + 2]) for place in range(0, len(raw), 2)]
            runs[-1] += "".join(signs.get(font, {}).get(glyph, "\ufffd") for glyph in glyphs)
    return runs
