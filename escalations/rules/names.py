"""Names of files as they are kept: harmless on every system, and as the sender wrote them where that is harmless."""

import unicodedata

LONGEST = 180  # bytes of UTF-8, extension included: what is added to a name on the way still fits a file system
EXTENSION = 20
NOWHERE = frozenset('<>:"|?*/\\')
JOINERS = "\u200d\ufe0f"  # of emoji
RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}


def clean_name(given: str) -> str:
    """A file's name without path, control and direction marks, and what some system does not take.

    At most 180 bytes, its extension kept. Never empty: a name of which nothing is left is "file".
    """
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join("_" if sign in NOWHERE else sign for sign in unicodedata.normalize("NFC", last) if _harmless(sign))
    name = kept.strip().lstrip(".").strip(JOINERS + " .\u00a0\u3000")
    stem, _, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > EXTENSION:
        stem, extension = name, ""
    if stem.split(".")[0].strip().lower() in RESERVED:
        stem = f"_{stem}"
    tail = f".{extension}" if extension else ""
    return (_cut(stem, LONGEST - len(tail.encode())) + tail) or "file"


def extension_of(name: str) -> str:
    """Its extension in lower case, without the dot: "tar.gz" is "gz"; "" if it has none."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def _harmless(sign: str) -> bool:
    """Not a control, a mark that turns the direction of reading, a half of a pair, or without a meaning."""
    return sign in JOINERS or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(size, 0)].decode(errors="ignore").rstrip(" .")
