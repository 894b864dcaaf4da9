"""Writing a file anew without its secrets: archives are rebuilt, and everything else stays as it was, byte by byte."""

import bz2
import copy
import gzip
import lzma
import tarfile
import tempfile
import zipfile
from typing import IO, Any, cast

from escalations.rules.archives import (
    BROKEN,
    Bomb,
    Budget,
    Metered,
    Unseen,
    closed,
    opened_tar,
    opened_zip,
    seekable,
    unpacked,
)
from escalations.rules.sniff import HEAD, TAR, ZIP, Type, sniff
from escalations.rules.streams import Peeked, Sink, Stream, masked, pieces, writing_of

WHOLE_IN_MEMORY = 1_000_000


class CannotMask(Exception):
    """It cannot be written anew; the words say why."""


def mask(file: IO[bytes], out: IO[bytes], budget: Budget) -> int:
    """Write the file to `out` without its secrets. Returns how many were masked. Raises `CannotMask`; what stands in
    `out` is then of no use."""
    try:
        return _mask(Metered(file, budget), out, budget, depth=0, whole=file)
    except (Bomb, Unseen) as error:
        raise CannotMask(f"It cannot be rebuilt: {error}") from error
    except BROKEN as error:
        raise CannotMask("It cannot be rebuilt: it is damaged, or holds parts that nobody can look into.") from error


def _mask(stream: Stream, out: Sink, budget: Budget, *, depth: int, whole: IO[bytes] | None = None) -> int:
    peeked = Peeked(stream, HEAD)
    kind = sniff(peeked.head)
    if kind.family in {"packed", "archive"} and depth >= budget.depth + (kind == TAR):
        raise Unseen(f"packed more than {budget.depth} times")
    if kind.family == "packed":
        with _packing(kind, out) as packed:
            return _mask(Metered(unpacked(kind, peeked), budget), packed, budget, depth=depth + 1)
    if kind == ZIP:
        with seekable(peeked, whole, budget) as file:
            return _mask_zip(file, out, budget, depth + 1)
    if kind == TAR:
        return _mask_tar(peeked, out, budget, depth + (whole is not None))
    if kind.family == "closed":
        raise Unseen(f"a {kind.kind}")
    return _mask_plain(peeked, kind, out)


def _mask_plain(stream: Stream, kind: Type, out: Sink) -> int:
    count, writing = 0, writing_of(kind)
    for piece, found in pieces(stream, writing):
        out.write(masked(piece, found, writing))
        count += len(found)
    return count


def _mask_zip(file: IO[bytes], out: Sink, budget: Budget, depth: int) -> int:
    count = 0
    with opened_zip(file) as old, zipfile.ZipFile(cast("Any", out), "w") as new:
        new.comment = old.comment
        for info in old.infolist():
            budget.enter()
            if why := closed(info):
                raise Unseen(why)
            target = zipfile.ZipInfo(info.filename, info.date_time)
            target.compress_type, target.external_attr = info.compress_type, info.external_attr
            target.comment, target.create_system = info.comment, info.create_system
            with old.open(info) as member, new.open(target, "w", force_zip64=info.file_size > 1 << 30) as sink:
                count += _mask(Metered(cast("Stream", member), budget), sink, budget, depth=depth)
    return count


def _mask_tar(stream: Stream, out: Sink, budget: Budget, depth: int) -> int:
    count = 0
    with (
        opened_tar(stream) as old, tarfile.open(fileobj=cast("Any", out), mode="w|", format=tarfile.PAX_FORMAT) as new
    ):
        for member in old:
            budget.enter()
            content = old.extractfile(member) if member.isreg() else None
            if content is None:
                new.addfile(member)
                continue
            # Its length stands before it, so it is written aside first; what lies aside is gone when it is closed.
            with tempfile.SpooledTemporaryFile(WHOLE_IN_MEMORY, dir=budget.folder) as aside:
                count += _mask(Metered(content, budget), aside, budget, depth=depth)
                target = copy.copy(member)
                target.size, target.type = aside.tell(), tarfile.REGTYPE
                target.pax_headers = {name: value for name, value in member.pax_headers.items()
                                      if name not in {"size", "GNU.sparse.size"} and "sparse" not in name}
                aside.seek(0)
                new.addfile(target, cast("IO[bytes]", aside))
    return count


def _packing(kind: Type, out: Sink) -> "gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile":
    file = cast("Any", out)
    if kind.kind == "gzip":
        return gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)
    return bz2.BZ2File(file, "wb") if kind.kind == "bzip2" else lzma.LZMAFile(file, "wb")
