"""A retrospective as PDF (docs/decisions/0009-pdf.md).

The library that sets it is loaded by name, when somebody asks for the first PDF: no process of the portal needs it to
begin, and where it is still being installed the reader is told so, and has the Markdown.
"""

import importlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

from incidents.rules.documents import Document, as_blocks

log = structlog.get_logger(__name__)
TEMPLATE = Path(__file__).resolve().parent / "document.typ"
INSTALLING = Path(sys.prefix) / "installing-solver"  # as portal/supervisor/bootstrap.py leaves it


class NoPaper(Exception):
    """No PDF can be made now; the text says why, in words for the person who asked."""


def as_pdf(document: Document) -> bytes:
    """The document as PDF, in about 0.1 s; the first one takes 0.3 s more. Raises `NoPaper` while the library is not
    there, and for what it cannot set.

    Latin, Greek and Cyrillic come with the library; other scripts are set in a font of the machine that has them.
    """
    told = {"title": document.title, "about": document.about, "foot": document.foot, "blocks": as_blocks(document)}
    typst, fonts = _press()
    try:
        made = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"document": json.dumps(told)},
                             root=str(TEMPLATE.parent), font_paths=fonts)
    except RuntimeError as error:
        log.exception("a document was not set")
        raise NoPaper("This document cannot be set as PDF; it was logged. The Markdown is there.") from error
    return bytes(made)


def _press() -> tuple[ModuleType, Any]:
    """The library, and the fonts that it found."""
    if INSTALLING.exists():
        raise NoPaper("What makes PDFs is still being installed: try again in a minute. The Markdown is there.")
    importlib.invalidate_caches()
    try:
        typst = importlib.import_module("typst")
    except ImportError as error:
        log.warning("what makes PDFs cannot be loaded", error=str(error))
        raise NoPaper("What makes PDFs is not installed here. The Markdown is there.") from error
    return typst, _fonts(typst)


@lru_cache(maxsize=1)
def _fonts(typst: ModuleType) -> Any:
    return typst.Fonts()  # looked for once: its own, and the machine's
