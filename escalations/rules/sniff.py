"""What a file is, by its first bytes: its name may say anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from escalations.rules.names import extension_of

HEAD = 1024  # bytes that are enough to tell


@dataclass(frozen=True)
class Type:
    """`kind`: in words, for people. `family`: text, picture, archive, packed, document, program or binary."""

    kind: str
    family: str


TEXT, JSON = Type("Text", "text"), Type("JSON", "text")
UTF16_LITTLE, UTF16_BIG = Type("Text (UTF-16)", "text"), Type("Text (UTF-16, big-endian)", "text")
BINARY = Type("Binary data", "binary")
GZIP, BZIP2, XZ = Type("gzip", "packed"), Type("bzip2", "packed"), Type("xz", "packed")
ZIP, TAR = Type("zip archive", "archive"), Type("tar archive", "archive")

# where the signature begins, the signature, the type
SIGNATURES: Sequence[tuple[int, bytes, Type]] = (
    (0, b"\x1f\x8b\x08", GZIP),
    (0, b"BZh", BZIP2),
    (0, b"\xfd7zXZ\x00", XZ),
    (0, b"PK\x03\x04", ZIP), (0, b"PK\x05\x06", ZIP),
    (257, b"ustar", TAR),
    (0, b"7z\xbc\xaf\x27\x1c", Type("7z archive", "closed")),
    (0, b"Rar!\x1a\x07", Type("rar archive", "closed")),
    (0, b"\x28\xb5\x2f\xfd", Type("zstd", "closed")),
    (0, b"\x89PNG\r\n\x1a\n", Type("PNG picture", "picture")),
    (0, b"\xff\xd8\xff", Type("JPEG picture", "picture")),
    (0, b"GIF87a", Type("GIF picture", "picture")), (0, b"GIF89a", Type("GIF picture", "picture")),
    (8, b"WEBP", Type("WebP picture", "picture")),
    (4, b"ftypheic", Type("HEIC picture", "picture")), (4, b"ftyp", Type("Video", "video")),
    (0, b"\x1a\x45\xdf\xa3", Type("Video", "video")),
    (0, b"%PDF-", Type("PDF", "document")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Type("Office document", "document")),
    (0, b"SQLite format 3\x00", Type("SQLite database", "binary")),
    (0, b"\x7fELF", Type("Linux program", "program")),
    *((0, magic, Type("macOS program", "program")) for magic in (
        b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    )),
    (0, b"\xca\xfe\xba\xbe", Type("Java program", "program")),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", Type("Windows shortcut", "program")),
    (0, b"\xff\xfe", UTF16_LITTLE), (0, b"\xfe\xff", UTF16_BIG),
)
# What an extension promises. One that is not here promises nothing.
PROMISES = {
    family: frozenset(extensions.split()) for family, extensions in {
        "picture": "png jpg jpeg gif webp heic", "video": "mp4 mov webm mkv",
        "text": "txt log json jsonl csv md yaml yml xml html svg conf cfg ini toml har sql out err",
        "archive": "zip tar docx xlsx pptx odt ods jar", "packed": "gz tgz bz2 tbz2 xz txz", "closed": "7z rar zst",
        "document": "pdf doc xls ppt",
    }.items()
}


def sniff(head: bytes) -> Type:
    """The type that the first bytes show; `head` is at most `HEAD` bytes of the file."""
    if _windows_program(head):
        return Type("Windows program", "program")
    for start, signature, found in SIGNATURES:
        if head.startswith(signature, start) and not (signature == b"WEBP" and head[:4] != b"RIFF"):
            return found
    if len(head) > 7 and head[1::2].count(0) * 5 > len(head) * 2 and not head[0::2].count(0):
        return UTF16_LITTLE
    if not _readable(head):
        return BINARY
    return JSON if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} else TEXT


def lie(name: str, found: Type) -> str:
    """In words, what is odd about a name for what the file holds; "" if nothing is."""
    extension = extension_of(name)
    promised = next((family for family, known in PROMISES.items() if extension in known), "")
    if not promised or promised == found.family or (found.family == "archive" and promised == "packed"):
        return ""
    article = "" if found.family == "text" or found is BINARY else "an " if found.kind[0] in "AEIO" else "a "
    return f"Named .{extension}, but holds {article}{found.kind if found.kind[:2].isupper() else _lower(found.kind)}."


def _lower(words: str) -> str:
    known = ("Windows", "Linux", "WebP", "SQLite", "Office")
    return words if words.startswith(known) else words[0].lower() + words[1:]


def _windows_program(head: bytes) -> bool:
    """MZ alone begins many a text; a program says at byte 60 where it goes on, or what cannot be run."""
    if not head.startswith(b"MZ"):
        return False
    place = int.from_bytes(head[60:64], "little")
    return head[place:place + 2] == b"PE" or b"DOS mode" in head or not _readable(head)


def _readable(head: bytes) -> bool:
    """Text has hardly any control, a stray NUL at most; what is not UTF-8 may be an old code page."""
    odd = sum(sign < 32 and sign not in b"\t\n\r\f\x1b\x08" for sign in head)
    return odd * 50 <= len(head)
