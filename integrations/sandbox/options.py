"""What the sandbox can be told, on the command line or by SANDBOX_* variables."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

Flavour = Literal["cloud", "datacenter"]
# Raised when the made-up project changes: state kept from an older one is then made again.
CONTENT_VERSION = "4"
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True)
class Options:
    """Everything that shapes one run; the first group decides whether kept state still fits."""

    data: Path | None = None
    shift_to_now: bool = False
    flavour: Flavour = "cloud"
    seed: int = 7
    issues: int | None = None
    changes: int = 5

    state: Path = field(default_factory=lambda: Path("var/sandbox"))
    fresh: bool = False
    host: str = "127.0.0.1"
    jira_port: int = 8001
    mattermost_port: int = 8002
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_retry_seconds: float = 2.0
    delay_ms: int = 0
    index_delay_seconds: float = 0.0
    lively: bool = False

    def fingerprint(self) -> str:
        """Name the content this run asks for; state made for another content is made again."""
        data = ""
        if self.data is not None:
            stat = self.data.stat()
            data = f"{self.data.resolve()}:{stat.st_size}:{int(stat.st_mtime)}:{self.shift_to_now}"
        generated = f"{self.issues}:{self.changes}" if self.issues is not None else ""
        return "|".join([CONTENT_VERSION, data, self.flavour, str(self.seed), generated])


# option, environment name where it differs from SANDBOX_<OPTION>, kind, help
_ARGUMENTS: tuple[tuple[str, str, str, str], ...] = (
    ("data", "SANDBOX_JIRA_DATA", "path", "serve the issues of this .jsonl.gz instead of the made-up project"),
    ("shift-to-now", "SANDBOX_JIRA_SHIFT_TO_NOW", "flag", "move the file's dates so that the newest is now"),
    ("flavour", "", "flavour", "which Jira to speak: cloud or datacenter"),
    ("seed", "", "int", "seed of the made-up project"),
    ("issues", "", "int", "generate exactly so many issues, for benchmarks"),
    ("changes", "", "int", "changes of each generated issue (with --issues)"),
    ("state", "", "path", "folder that keeps the state"),
    ("fresh", "", "flag", "throw kept state away and anchor the dates again"),
    ("host", "", "str", "address to listen on"),
    ("jira-port", "", "int", "port of the Jira (0: any free one)"),
    ("mattermost-port", "", "int", "port of the Mattermost (0: any free one)"),
    ("webhook-url", "", "str", "send Jira's webhooks to this address"),
    ("webhook-secret", "", "str", "sign them with this secret"),
    ("webhook-retry-seconds", "", "float", "first wait before a failed webhook is sent again"),
    ("delay-ms", "", "int", "answer every request so much later"),
    ("index-delay-seconds", "", "float", "search sees a change only so much later"),
    ("lively", "", "flag", "make a small change every half a minute or so"),
)


def parse_options(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> Options:
    """Read options; the command line wins over the environment. Exits with a message on a bad value."""
    env = os.environ if environ is None else environ
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    for name, env_name, kind, text in _ARGUMENTS:
        variable = env_name or "SANDBOX_" + name.upper().replace("-", "_")
        flag, given, hint = f"--{name}", env.get(variable, ""), f"{text} [{variable}]"
        if kind == "flag":
            parser.add_argument(flag, action="store_true", default=given.lower() in TRUE_WORDS, help=hint)
        elif kind == "flavour":
            parser.add_argument(flag, choices=("cloud", "datacenter"), default=given or None, help=hint)
        else:
            convert = {"int": int, "float": float, "path": Path, "str": str}[kind]
            parser.add_argument(flag, type=convert, default=given or None, help=hint)
    values = {k: v for k, v in vars(parser.parse_args(list(argv))).items() if v is not None}
    if values.get("flavour", "cloud") not in ("cloud", "datacenter"):
        parser.error("--flavour: expected cloud or datacenter")
    data = cast("Path | None", values.get("data"))
    if data is not None and not data.is_file():
        parser.error(f"--data: no such file: {data}")
    return Options(**values)
