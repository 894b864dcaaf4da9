"""What a piece of evidence is, by its name: whoever attaches ten files at night is asked nothing."""

from incidents.choices import EvidenceKind

# What stands in a name, the surest first.
PARTS = (
    (EvidenceKind.SLOW_QUERIES, ("slow", "pg_stat", "pgbadger")),
    (EvidenceKind.BUNDLE, ("support_packet", "support-packet", "supportpacket", "bundle")),
    (EvidenceKind.PROFILE, ("pprof", "profile", "heap", "goroutine", "flame")),
)
ENDINGS = (
    (EvidenceKind.SCREENSHOT, "png jpg jpeg gif webp heic mp4 mov webm"),
    (EvidenceKind.BUNDLE, "zip tar tgz gz bz2 xz 7z"),
    (EvidenceKind.PROFILE, "prof pprof trace"),
    (EvidenceKind.CONFIGURATION, "json toml yaml yml conf cfg ini env"),
    (EvidenceKind.LOG, "log txt out err jsonl"),
)

# Pictures that a browser draws, by what their first bytes show, and what they are sent as. No SVG: it holds scripts.
PICTURES = {"PNG picture": "image/png", "JPEG picture": "image/jpeg", "GIF picture": "image/gif",
            "WebP picture": "image/webp"}


def kind_of(name: str) -> EvidenceKind:
    """What a file of this name most likely is."""
    lower = name.lower()
    ending = lower.rpartition(".")[2]
    by_part = (kind for kind, parts in PARTS if any(part in lower for part in parts))
    by_ending = (kind for kind, endings in ENDINGS if ending in endings.split())
    return next(by_part, None) or next(by_ending, EvidenceKind.OTHER)


def title_of(*, url: str, text: str) -> str:
    """What a link or words are called where nobody named them: the first line, or the link's host and page."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return (first or url.partition("://")[2] or url)[:200]
