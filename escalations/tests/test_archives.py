"""Looking into archives: what lies in them is found, a bomb is not unpacked, and a masked one is whole again."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations.rules.archives import Bomb, Budget, Seen, look
from escalations.rules.masking import CannotMask, mask
from escalations.rules.names import LONGEST, clean_name
from escalations.rules.sniff import HEAD, lie, sniff
from escalations.tests.test_secrets import GITHUB

LOG = f"first\nsecond {GITHUB}\nthird\n".encode()
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x02" * 50


def zipped(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), 1_700_000_000, 0o640
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def seen(data: bytes, **caps: Any) -> Seen:
    return look(io.BytesIO(data), Budget(packed=len(data), **caps))


def rebuilt(data: bytes) -> tuple[int, bytes]:
    out = io.BytesIO()
    return mask(io.BytesIO(data), out, Budget(packed=len(data))), out.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "two gzips in a row": lambda data: gzip.compress(b"nothing\n" * 3) + gzip.compress(data),
}


@pytest.mark.parametrize("how", PACKED)
def test_a_secret_in_a_packed_file_is_found_in_its_line_and_masked(how: str) -> None:
    data = PACKED[how](LOG)
    (finding,) = seen(data).findings
    assert finding == {"kind": "GitHub token", "where": "", "hint": "ghp_…, 40 characters",
                       "line": 5 if how.startswith("two") else 2}
    count, out = rebuilt(data)
    assert count == 1
    assert seen(out).found == 0 and not seen(out).unseen


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: gzip.compress(tarred(files)),
                                  lambda files: zipped(files, zipfile.ZIP_BZIP2)])
def test_an_archive_is_looked_into_and_rebuilt(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    files = {"logs/app.log": LOG, "shot.png": PNG, "inner.zip": zipped({"deep.txt": LOG}), "empty": b""}
    data = pack(files)
    found = seen(data)
    assert [each["where"] for each in found.findings] == ["logs/app.log", "inner.zip › deep.txt"]
    assert [each["line"] for each in found.findings] == [2, 2]
    count, out = rebuilt(data)
    assert count == 2
    assert GITHUB.encode() not in out
    assert seen(out).found == 0
    assert opened(out)["shot.png"] == PNG  # byte by byte
    assert opened(out)["logs/app.log"] == b"first\nsecond [masked: GitHub token]\nthird\n"
    assert list(opened(out)) == list(files)


def opened(data: bytes) -> dict[str, bytes]:
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def nested(depth: int) -> bytes:
    data = LOG
    for number in range(depth):
        data = zipped({f"level{number}.txt" if number == 0 else f"level{number}.zip": data})
    return data


def test_three_archives_deep_is_looked_into_and_four_is_said() -> None:
    assert seen(nested(3)).found == 1
    deeper = seen(nested(4))
    assert deeper.found == 0
    assert "more than 3 times" in deeper.unseen[0]


def test_a_bomb_is_not_unpacked() -> None:
    zeros = gzip.compress(bytes(3_000_000))
    with pytest.raises(Bomb, match="unpacks to more than"):
        seen(zeros, free=1_000_000)
    with pytest.raises(Bomb):
        seen(zipped({f"{number}.txt": bytes(400_000) for number in range(9)}), free=1_000_000)
    with pytest.raises(Bomb):
        seen(gzip.compress(gzip.compress(bytes(3_000_000))), free=1_000_000)
    with pytest.raises(Bomb, match="more than 5 files"):
        seen(tarred({f"{number}.txt": b"x" for number in range(6)}), entries=5)
    with pytest.raises(CannotMask):
        mask(io.BytesIO(zeros), io.BytesIO(), Budget(packed=len(zeros), free=1_000_000))


def test_a_name_in_a_tar_that_would_fill_the_memory_is_not_read() -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 900_000_000
    with pytest.raises(Bomb, match="far too long"):
        seen(gzip.compress(member.tobuf() + bytes(1024)))


def test_a_list_of_contents_that_would_fill_the_memory_is_not_read() -> None:
    end = bytearray(zipped({"a": b"x"}))
    place = end.rfind(b"PK\x05\x06")
    end[place + 12:place + 16] = (2_000_000_000).to_bytes(4, "little")
    with pytest.raises(Bomb):
        seen(bytes(end))


def test_what_takes_too_long_is_said() -> None:
    found = look(io.BytesIO(LOG), Budget(packed=len(LOG), late=lambda: True))
    assert found.unseen == ["Looking through it took too long"]


def test_what_cannot_be_looked_into_is_said_and_not_called_clean() -> None:
    whole = gzip.compress(LOG * 100)
    assert seen(whole[: len(whole) // 2]).unseen == ["Damaged, and not looked through to its end"]
    assert "7z" in seen(b"7z\xbc\xaf\x27\x1c" + bytes(40)).unseen[0]
    broken = bytearray(zipped({"a.txt": LOG * 50}))
    broken[60:70] = b"0123456789"
    assert seen(bytes(broken)).unseen
    with pytest.raises(CannotMask):
        rebuilt(whole[: len(whole) // 2])


def test_a_locked_archive_is_held_and_cannot_be_masked() -> None:
    locked = bytearray(zipped({"a.txt": LOG}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(signature) + place] |= 1
    assert seen(bytes(locked)).unseen == ["a.txt: locked by a password"]
    with pytest.raises(CannotMask):
        rebuilt(bytes(locked))


def test_a_secret_in_the_name_of_a_file_within_is_not_shown() -> None:
    (finding,) = seen(zipped({f"logs/{GITHUB}.log": LOG})).findings
    assert GITHUB not in finding["where"]


@given(st.binary(max_size=3000))
def test_whatever_comes_is_looked_through_without_a_fault(data: bytes) -> None:
    for block in (data, gzip.compress(data), gzip.compress(data)[:-5] + data, b"PK\x03\x04" + data,
                  b"\xfd7zXZ\x00" + data, b"BZh9" + data, bytes(257) + b"ustar" + data):
        seen(block)


# ---- Types and names -----------------------------------------------------------


def named(value: object) -> str | None:
    """An archive holds the moment at which it was made: its bytes would name the test differently in each process."""
    return "content" if isinstance(value, bytes) else None


@pytest.mark.parametrize(("head", "kind"), [
    (b"plain words", "Text"), (b'{"a": 1}', "JSON"), (b"\xef\xbb\xbf[1]", "JSON"), (b"", "Text"),
    (b"\x1f\x8b\x08rest", "gzip"), (zipped({"a": b"b"}), "zip archive"), (tarred({"a": b"b"}), "tar archive"),
    (PNG, "PNG picture"), (b"\xff\xd8\xff\xe0", "JPEG picture"), (b"GIF89a", "GIF picture"),
    (b"RIFF1234WEBPVP8 ", "WebP picture"), (b"RIFF1234WAVEfmt " + bytes(9), "Binary data"), (b"%PDF-1.7", "PDF"),
    (b"MZ\x90\x00" + bytes(56) + b"\x40\x00\x00\x00PE\x00\x00", "Windows program"), (b"MZ is how it begins", "Text"),
    (b"\x7fELF\x02\x01", "Linux program"), ("words".encode("utf-16"), "Text (UTF-16)"),
    ("words and more".encode("utf-16-le"), "Text (UTF-16)"), (bytes(range(256)), "Binary data"),
    (b"one stray \x00 in a log line that is otherwise quite readable by anybody", "Text"),
], ids=named)
def test_the_type_is_read_from_the_content(head: bytes, kind: str) -> None:
    assert sniff(head[:HEAD]).kind == kind


@pytest.mark.parametrize(("name", "head", "words"), [
    ("shot.png", b"MZ\x90\x00" + bytes(56) + b"\x40\x00\x00\x00PE", "Named .png, but holds a Windows program."),
    ("shot.png", b"plain words", "Named .png, but holds text."),
    ("app.log", PNG, "Named .log, but holds a PNG picture."),
    ("app.log", b"plain", ""), ("a.tar.gz", b"\x1f\x8b\x08", ""), ("b.tgz", b"\x1f\x8b\x08", ""),
    ("noextension", PNG, ""),
    ("heap.pprof", b"\x1f\x8b\x08", ""), ("data.json", b"{", ""), ("x.docx", zipped({"a": b"b"}), ""),
], ids=named)
def test_a_name_that_lies_is_told(name: str, head: bytes, words: str) -> None:
    assert lie(name, sniff(head[:HEAD])) == words


@pytest.mark.parametrize(("given_name", "name"), [
    ("mattermost.log", "mattermost.log"), ("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"),
    ("a\x00b\r\n.log", "ab.log"), ("evil\u202egpj.exe", "evilgpj.exe"), ("CON.txt", "_CON.txt"), ("nul", "_nul"),
    ("", "file"), ("..", "file"), (" .hidden. ", "hidden"),
    ("log 🎉👩‍💻.txt", "log 🎉👩‍💻.txt"), ("a<b>|c?.txt", "a_b__c_.txt"),
    ("Ünïcode Ω.log", "Ünïcode Ω.log"), ("x" * 400 + ".tar.gz", "x" * (LONGEST - 3) + ".gz"), ("\ud800.txt", "txt"),
])
def test_a_name_is_cleaned(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


@given(st.text(max_size=400))
def test_whatever_a_file_is_called_its_name_is_harmless(given_name: str) -> None:
    name = clean_name(given_name)
    assert name and len(name.encode()) <= LONGEST
    assert not set(name) & set('/\\\x00\r\n"<>|?*:\u202e\u2066')
    assert name not in {".", ".."} and not name.startswith(".")
    assert clean_name(name) == name
