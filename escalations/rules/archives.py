"""Looking through a file, and through what is packed in it, without ever unpacking more than was agreed.

Everything is read as it streams by. What unpacks to far more than it should is a bomb and ends the looking.
"""

import bz2
import gzip
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, cast

from escalations.rules.names import clean_name
from escalations.rules.secrets import without_secrets
from escalations.rules.sniff import HEAD, TAR, ZIP, Type, sniff
from escalations.rules.streams import Peeked, Stream, pieces, writing_of

LISTED = 50  # findings that are kept with their place
HEADERS = 5_000_000  # bytes of a zip's list of contents, which is read at once
FIELDS = 1_000_000  # bytes of a header of tar, which is read at once
XZ_MEMORY = 128_000_000
KNOWN_PACKING = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError,
          RuntimeError, ValueError, struct.error)


class Bomb(Exception):
    """It unpacks to more than was agreed; the words say to what."""


class Unseen(Exception):
    """A part cannot be looked into; the words say why."""


@dataclass
class Budget:
    """How much may be unpacked, how deep, how long; `packed`: the size of the file itself. `late`: time is up."""

    packed: int
    unpacked: int = 2_000_000_000
    ratio: int = 200
    free: int = 100_000_000  # bytes that may be unpacked whatever the ratio
    entries: int = 10_000
    depth: int = 3
    spooled: int = 500_000_000  # of an archive within an archive, which must lie somewhere to be read
    late: Callable[[], bool] = lambda: False
    folder: str | None = None  # where archives within archives lie meanwhile
    done: int = 0
    met: int = 0

    def took(self, size: int) -> None:
        """So many bytes came out of something packed."""
        self.done += size
        if self.done > self.unpacked or self.done > max(self.free, self.packed * self.ratio):
            raise Bomb(f"It unpacks to more than {self.done // 1_000_000 or 1} MB. Send the part that matters.")
        if self.late():
            raise Unseen("looking through it took too long")

    def enter(self) -> None:
        """One more file within."""
        self.met += 1
        if self.met > self.entries:
            raise Bomb(f"It holds more than {self.entries:,} files. Send those that matter.")


@dataclass
class Metered:
    """A stream whose bytes count against the budget."""

    stream: Stream
    budget: Budget

    def read(self, size: int = -1, /) -> bytes:
        data = self.stream.read(size)
        self.budget.took(len(data))
        return data


@dataclass
class Seen:
    """What was found: `findings` lists the first, `found` counts all; `unseen` says what was not looked into."""

    found: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)

    def add(self, kind: str, where: str, line: int, hint: str) -> None:
        self.found += 1
        if len(self.findings) < LISTED:
            self.findings.append({"kind": kind, "where": where, "line": line, "hint": hint})

    def miss(self, where: str, why: str) -> None:
        if len(self.unseen) < LISTED:
            self.unseen.append(f"{where}: {why}" if where else f"{why[0].upper()}{why[1:]}")


def look(file: IO[bytes], budget: Budget) -> Seen:
    """Look through a whole file for secrets. Raises `Bomb`; whatever else is wrong with it stands in `Seen.unseen`."""
    seen = Seen()
    _look(Metered(file, budget), "", seen, budget, depth=0, whole=file)
    return seen


def _look(
    stream: Stream, where: str, seen: Seen, budget: Budget, *, depth: int, whole: IO[bytes] | None = None
) -> None:
    try:
        peeked = Peeked(stream, HEAD)
        kind = sniff(peeked.head)
        if kind.family in {"packed", "archive"} and depth >= budget.depth + (kind == TAR):
            raise Unseen(f"packed more than {budget.depth} times")
        if kind.family == "packed":
            _look(Metered(unpacked(kind, peeked), budget), where, seen, budget, depth=depth + 1)
        elif kind == ZIP:
            with seekable(peeked, whole, budget) as file:
                _look_zip(file, where, seen, budget, depth + 1)
        elif kind == TAR:
            _look_tar(peeked, where, seen, budget, depth + (whole is not None))
        elif kind.family == "closed":
            raise Unseen(f"a {kind.kind}, which is not looked into")
        else:
            _look_plain(peeked, kind, where, seen)
    except Unseen as unseen:
        seen.miss(where, str(unseen))
    except BROKEN:
        seen.miss(where, "damaged, and not looked through to its end")


def _look_plain(stream: Stream, kind: Type, where: str, seen: Seen) -> None:
    if kind.family == "program":
        seen.programs.append(where)
    line, writing = 1, writing_of(kind)
    for piece, found in pieces(stream, writing):
        counted = 0
        for span in found:
            line += piece.count(b"\n", counted, span.start)
            counted = span.start
            seen.add(span.kind, where, line if writing.text else 0, span.hint)
        line += piece.count(b"\n", counted)


def _look_zip(file: IO[bytes], where: str, seen: Seen, budget: Budget, depth: int) -> None:
    with opened_zip(file) as archive:
        for info in archive.infolist():
            budget.enter()
            if info.is_dir():
                continue
            inside = path_within(where, info.filename)
            if why := closed(info):
                seen.miss(inside, why)
                continue
            try:
                with archive.open(info) as member:
                    _look(Metered(cast("Stream", member), budget), inside, seen, budget, depth=depth)
            except BROKEN:
                seen.miss(inside, "damaged, and not looked through to its end")


def _look_tar(stream: Stream, where: str, seen: Seen, budget: Budget, depth: int) -> None:
    with opened_tar(stream) as archive:
        for member in archive:
            budget.enter()
            content = archive.extractfile(member) if member.isreg() else None
            if content:
                inside = path_within(where, member.name)
                _look(Metered(content, budget), inside, seen, budget, depth=depth)


# ---- Opening ----------------------------------------------------------------


def unpacked(kind: Type, stream: Stream) -> Stream:
    """What is packed in a gzip, bzip2 or xz stream."""
    if kind.kind == "gzip":
        return cast("Stream", gzip.GzipFile(fileobj=cast("Any", stream), mode="rb"))
    return _Unpacked(kind.kind, stream)


class _Unpacked:
    """bzip2 or xz, piece by piece, with a bound on the memory that xz may ask for: Python's own file has none."""

    def __init__(self, kind: str, stream: Stream) -> None:
        self.kind, self.stream, self.rest = kind, stream, b""
        self.unpacker = self._new()

    def read(self, size: int, /) -> bytes:
        while True:
            if self.unpacker.eof:
                self.rest = self.unpacker.unused_data or self.stream.read(65_536)
                if not self.rest.strip(b"\x00"):
                    return b""
                self.unpacker = self._new()
            elif self.unpacker.needs_input and not self.rest:
                self.rest = self.stream.read(65_536)
                if not self.rest:
                    raise EOFError("ends too soon")
            given, self.rest = self.rest, b""
            if data := self.unpacker.decompress(given, min(size, 1 << 20) if size > 0 else 1 << 20):
                return data

    def _new(self) -> "bz2.BZ2Decompressor | lzma.LZMADecompressor":
        return bz2.BZ2Decompressor() if self.kind == "bzip2" else lzma.LZMADecompressor(memlimit=XZ_MEMORY)


@contextmanager
def seekable(stream: Stream, whole: IO[bytes] | None, budget: Budget) -> Iterator[IO[bytes]]:
    """A zip is read from its end: the file itself, or a copy of what streams by, which is gone when it is closed."""
    if whole is not None:
        whole.seek(0)
        yield whole
        return
    with tempfile.TemporaryFile(dir=budget.folder) as copy:
        while block := stream.read(1 << 18):
            if copy.tell() + len(block) > budget.spooled:
                raise Unseen(f"an archive of more than {budget.spooled // 1_000_000} MB within another")
            copy.write(block)
        copy.seek(0)
        yield copy


@contextmanager
def opened_zip(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """A zip whose list of contents is not too long to be read at once."""
    if list_size(file) > HEADERS:
        raise Bomb("It lists more files than are looked through. Send those that matter.")
    with zipfile.ZipFile(file) as archive:
        yield archive


def list_size(file: IO[bytes]) -> int:
    """How many bytes a zip says that its list of contents has; 0 if it says nothing."""
    size = file.seek(0, 2)
    file.seek(max(size - 65_557, 0))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        return 0
    said: int = struct.unpack_from("<L", tail, place + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, place)
    return max(said, struct.unpack_from("<Q", tail, wide + 40)[0]) if 0 <= wide <= len(tail) - 48 else said


def closed(info: zipfile.ZipInfo) -> str:
    """Why a file within a zip cannot be read; "" if it can."""
    if info.flag_bits & 0x1:
        return "locked by a password"
    return "" if info.compress_type in KNOWN_PACKING else "packed in a way that is not known here"


class _Careful(tarfile.TarInfo):
    """A header of tar that is read into memory whole must be short."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        kinds = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
                 tarfile.GNUTYPE_LONGLINK)
        if self.type in kinds and self.size > FIELDS:
            raise Bomb("It holds a name that is far too long.")
        return super()._proc_member(archive)  # type: ignore[misc]


def opened_tar(stream: Stream) -> tarfile.TarFile:
    """A tar archive that is read as it streams by."""
    return tarfile.open(fileobj=cast("Any", stream), mode="r|", tarinfo=_Careful)


def path_within(where: str, name: str) -> str:
    """A place in an archive as it is shown: its last parts, cleaned, with no secret in them."""
    parts = [clean_name(part) for part in name.replace("\\", "/").split("/")[-3:] if part]
    shown = without_secrets("/".join(parts))[-120:] or "file"
    return f"{where} › {shown}"[-240:] if where else shown
