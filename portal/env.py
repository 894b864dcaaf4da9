"""The configuration by environment: read once, checked whole, frozen.

`load` reports every fault at once, each with the variable's name and what is expected there, so that nobody
mends one value only to meet the next.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
DEMO_SECRET = "demo-only-secret-never-used-in-production"  # noqa: S105  (refused when DEBUG=0)
SANDBOX_TOKENS = {"sandbox-token", "sandbox-mattermost-token"}
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,30}\Z")
MEANT_EMPTY = {"JIRA_SRE_PROJECT"}  # elsewhere an empty line of a file is as good as none
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\Z")
SHORTEST_SECRET = 16
CUSTOM_FIELD = re.compile(r"customfield_\d+\Z")


class EnvironmentFaults(Exception):
    """Raised by `load`: `faults` holds one sentence per wrong or missing variable."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The configuration cannot be used:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Jira:
    """Where Jira is and how to sign in. `base_url` empty: no Jira is configured."""

    base_url: str = ""
    email: str = ""
    api_token: str = field(default="", repr=False)
    personal_access_token: str = field(default="", repr=False)
    projects: tuple[str, ...] = ("MM",)
    sre_project: str = "CLD"
    webhook_secret: str = field(default="", repr=False)
    field_severity: str = ""
    field_epic: str = ""
    field_rank: str = ""

    @property
    def all_projects(self) -> tuple[str, ...]:
        """SET's projects, then the SRE project if there is one."""
        extra = (self.sre_project,) if self.sre_project and self.sre_project not in self.projects else ()
        return self.projects + extra


@dataclass(frozen=True)
class Mattermost:
    """Where Mattermost is. `base_url` empty: no Mattermost is configured."""

    base_url: str = ""
    bot_token: str = field(default="", repr=False)
    team: str = ""
    set_channel: str = "sustained-engineering"


@dataclass(frozen=True)
class InboundMail:
    """Mail that a service hands over. `secret` empty: none is taken. `address`: the only one that pages, or ""."""

    secret: str = field(default="", repr=False)
    address: str = ""


@dataclass(frozen=True)
class Environment:
    """Everything the portal reads from outside, checked."""

    secret_key: str = field(repr=False)
    debug: bool
    allowed_hosts: tuple[str, ...]
    base_url: str
    team_time_zone: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    email_url: str = field(repr=False)
    var: Path
    demo: bool
    process: str
    outbox_settle: float  # seconds in which another system finishes or drops a request that it did not answer
    jira: Jira
    mattermost: Mattermost
    inbound_mail: InboundMail = InboundMail()


class _Reader:
    """Reads single variables and gathers the faults instead of raising at the first one."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.faults: list[str] = []

    def fault(self, name: str, expected: str) -> None:
        self.faults.append(f"{name}: {expected}")

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        if value:
            self.fault(name, f"expected 1 or 0, found {value!r}")
        return default

    def names(self, name: str, default: str) -> tuple[str, ...]:
        found = tuple(part for part in (piece.strip() for piece in self.text(name, default).split(",")) if part)
        if self.text(name) and not found:
            self.fault(name, f"expected names, comma separated, found {self.text(name)!r}")
        return found

    def token(self, name: str) -> str:
        """What goes into a header: a dash or a blank of print that was copied along breaks each request."""
        value = self.text(name)
        if value and not (value.isascii() and value.isprintable() and " " not in value):
            self.fault(name, "expected plain letters, digits and signs (ASCII) without blanks; was it copied whole?")
        return value

    def url(self, name: str, schemes: tuple[str, ...], *, default: str = "", example: str) -> str:
        value = self.text(name, default)
        if not value:
            return ""
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            self.fault(name, f"expected an address such as {example}")
            return ""
        if parts.scheme not in schemes or not (parts.netloc or parts.path.strip("/")):
            self.fault(name, f"expected an address such as {example}")
            return ""
        return value.rstrip("/")

    def redis(self, name: str, default: str) -> str:
        value = self.url(name, ("redis", "rediss", "unix"), default=default, example="redis://host:6379/0")
        parts = urlsplit(value)
        told = dict(parse_qsl(parts.query)).get("db", "")
        numbers = [told] if parts.scheme == "unix" else [told, parts.path.strip("/")]
        if any(number and not (number.isascii() and number.isdigit()) for number in numbers):
            self.fault(name, "expected the number of a database at its end, such as redis://host:6379/0")
            return ""
        return value

    def web(self, name: str, *, example: str) -> str:
        value = self.url(name, ("http", "https"), example=example)
        if value and not urlsplit(value).hostname:
            self.fault(name, f"expected an address such as {example}")
            return ""
        return value


def sources(environ: Mapping[str, str], root: Path = ROOT, *, running: bool = True) -> dict[str, str]:
    """The variables in force: the process's own, then `.env`, then (`running`) what the running supervisor wrote."""
    var = Path(environ.get("PORTAL_VAR") or root / "var")
    merged: dict[str, str] = {}
    for path in (*([var / "run" / "portal.env"] if running else []), root / ".env"):
        if environ.get("PORTAL_ENV_FILES", "1") == "1" and path.is_file() and os.access(path, os.R_OK):
            told = dotenv_values(path, interpolate=False)
            merged |= {name: value or "" for name, value in told.items() if value or name in MEANT_EMPTY}
    return merged | dict(environ)


def load(environ: Mapping[str, str], root: Path = ROOT) -> Environment:
    """Check everything and freeze it. Raises `EnvironmentFaults` with all faults at once."""
    read = _Reader(environ)
    debug = read.flag("DEBUG", default=False)
    settle = read.text("PORTAL_OUTBOX_SETTLE", "60")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", settle):
        read.fault("PORTAL_OUTBOX_SETTLE", f"expected a number of seconds such as 60, found {settle!r}")
        settle = "60"
    var = Path(read.text("PORTAL_VAR") or root / "var").resolve()
    jira, mattermost, inbound_mail = _jira(read), _mattermost(read), _inbound_mail(read)
    demo = read.flag("PORTAL_DEMO", default=False)
    secret = read.text("SECRET_KEY", DEMO_SECRET if debug else "")
    base_url = read.web("PORTAL_BASE_URL", example="https://set.example.com") or (
        f"http://localhost:{read.text('PORT', '8000')}" if debug else ""
    )
    if urlsplit(base_url).path or urlsplit(base_url).query:
        read.fault("PORTAL_BASE_URL", "expected an address without a path: the portal answers at the root of its host")
    hosts = read.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if debug else "")
    zone = read.text("TEAM_TIME_ZONE", "America/New_York")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        read.fault("TEAM_TIME_ZONE", f"expected an IANA zone such as America/New_York, found {zone!r}")
    database = read.url(
        "DATABASE_URL", ("postgres", "postgresql"), default=embedded_database_url(var),
        example="postgresql://user:password@host:5432/set_portal",
    )
    redis = read.redis("REDIS_URL", embedded_redis_url(var))
    email = read.url(
        "EMAIL_URL", ("smtp", "smtps", "smtp+tls"), example="smtp+tls://user:password@mail.example.com:587"
    )
    if not debug:
        _production(read, secret=secret, base_url=base_url, hosts=hosts, demo=demo, jira=jira)
    if read.faults:
        raise EnvironmentFaults(read.faults)
    return Environment(
        secret_key=secret, debug=debug, allowed_hosts=hosts, base_url=base_url, team_time_zone=zone,
        database_url=database, redis_url=redis, email_url=email, var=var, demo=demo,
        process=read.text("PORTAL_PROCESS", "command")[:20],  # events keep no more
        outbox_settle=float(settle), jira=jira, mattermost=mattermost, inbound_mail=inbound_mail,
    )


def _jira(read: _Reader) -> Jira:
    base_url = read.web("JIRA_BASE_URL", example="https://your-site.atlassian.net")
    email, token = read.token("JIRA_EMAIL"), read.token("JIRA_API_TOKEN")
    personal = read.token("JIRA_PERSONAL_ACCESS_TOKEN")
    if base_url and not personal and not (email and token):
        if email or token:
            name = "JIRA_API_TOKEN" if email else "JIRA_EMAIL"
            read.fault(name, "JIRA_EMAIL and JIRA_API_TOKEN go together (Jira Cloud)")
        else:
            read.fault(
                "JIRA_API_TOKEN",
                "JIRA_BASE_URL is set, so expected JIRA_EMAIL + JIRA_API_TOKEN (Cloud) or "
                "JIRA_PERSONAL_ACCESS_TOKEN (Data Center)",
            )
    if personal and (email or token):
        read.fault("JIRA_PERSONAL_ACCESS_TOKEN", "set either this (Data Center) or JIRA_EMAIL + JIRA_API_TOKEN (Cloud)")
    projects = read.names("JIRA_PROJECTS", "MM")
    sre = read.values.get("JIRA_SRE_PROJECT", "CLD").strip()
    for name, keys in (("JIRA_PROJECTS", projects), ("JIRA_SRE_PROJECT", (sre,) if sre else ())):
        for key in keys:
            if not PROJECT_KEY.match(key):
                read.fault(name, f"expected project keys such as MM, found {key!r}")
    if sre in projects:
        read.fault("JIRA_SRE_PROJECT", f"{sre} is also in JIRA_PROJECTS; it is kept off SET's board, so not both")
    custom = {}
    for part in ("severity", "epic", "rank"):
        name = f"JIRA_FIELD_{part.upper()}"
        custom[part] = read.text(name)
        if custom[part] and not CUSTOM_FIELD.match(custom[part]):
            read.fault(name, f"expected a field id such as customfield_10011, found {custom[part]!r}")
    return Jira(
        base_url=base_url, email=email, api_token=token, personal_access_token=personal, projects=projects,
        sre_project=sre, webhook_secret=read.text("JIRA_WEBHOOK_SECRET"),
        field_severity=custom["severity"], field_epic=custom["epic"], field_rank=custom["rank"],
    )


def _mattermost(read: _Reader) -> Mattermost:
    base_url = read.web("MATTERMOST_BASE_URL", example="https://chat.example.com")
    token, team = read.token("MATTERMOST_BOT_TOKEN"), read.text("MATTERMOST_TEAM")
    if base_url and not token:
        read.fault("MATTERMOST_BOT_TOKEN", "MATTERMOST_BASE_URL is set, so a bot's access token is expected")
    if base_url and not team:
        read.fault("MATTERMOST_TEAM", "MATTERMOST_BASE_URL is set, so the team's name in its address is expected")
    channel = read.text("MATTERMOST_SET_CHANNEL", "sustained-engineering")
    return Mattermost(base_url=base_url, bot_token=token, team=team, set_channel=channel)


def _inbound_mail(read: _Reader) -> InboundMail:
    secret, address = read.token("INBOUND_MAIL_SECRET"), read.text("URGENT_ADDRESS").lower()
    if secret and len(secret) < SHORTEST_SECRET:
        read.fault("INBOUND_MAIL_SECRET", f"expected at least {SHORTEST_SECRET} random characters")
    if address and not ADDRESS.match(address):
        read.fault("URGENT_ADDRESS", f"expected a mail address such as urgent@example.com, found {address!r}")
    if address and not secret:
        read.fault("INBOUND_MAIL_SECRET", "URGENT_ADDRESS is set, so the secret of the service that hands mails over "
                                          "is expected")
    return InboundMail(secret=secret, address=address)


def _production(
    read: _Reader, *, secret: str, base_url: str, hosts: tuple[str, ...], demo: bool, jira: Jira
) -> None:
    """What production mode (DEBUG=0) refuses: demo sign-ins, sandboxes, a default secret, embedded services."""
    if not secret:
        read.fault("SECRET_KEY", "expected at least 50 random characters (production mode, DEBUG=0)")
    elif secret == DEMO_SECRET or len(secret) < 50 or len(set(secret)) < 5:
        read.fault("SECRET_KEY", "this one is a default or too weak; expected at least 50 random characters")
    if not base_url:
        read.fault("PORTAL_BASE_URL", "expected the address people open, such as https://set.example.com")
    if not hosts:
        read.fault("ALLOWED_HOSTS", "expected the host names people open, comma separated, such as set.example.com")
    if demo:
        read.fault("PORTAL_DEMO", "demo sign-ins are refused in production mode; unset it, or set DEBUG=1")
    for name in ("DATABASE_URL", "REDIS_URL"):
        if not read.text(name):
            read.fault(name, "expected the address of a real server in production mode (DEBUG=0)")
    made_up = {jira.api_token, jira.personal_access_token} & SANDBOX_TOKENS
    if read.text("PORTAL_SANDBOX") or made_up:
        read.fault("JIRA_BASE_URL", "the sandbox is refused in production mode; set your own Jira, or DEBUG=1")
    if read.text("MATTERMOST_BOT_TOKEN") in SANDBOX_TOKENS:
        read.fault("MATTERMOST_BASE_URL", "the sandbox is refused in production mode; set your own Mattermost")
    if jira.base_url and not jira.webhook_secret:
        read.fault("JIRA_WEBHOOK_SECRET", "expected a random secret, the same as in Jira's webhook (production mode)")


def socket_folder(var: Path) -> Path:
    """Where the embedded services' sockets lie: `var/run`, or a short temporary path where that is too long.

    A unix socket's path may have 107 bytes; `.s.PGSQL.5432` and a margin are taken off.
    """
    from_var = var / "run"
    if len(os.fsencode(from_var)) <= 80:
        return from_var
    return Path("/tmp") / f"set-portal-{hashlib.sha256(os.fsencode(var)).hexdigest()[:12]}"  # noqa: S108


def embedded_database_url(var: Path) -> str:
    """The address of the PostgreSQL that the supervisor starts for this `var`."""
    return f"postgresql://set_portal@/set_portal?host={quote(str(socket_folder(var) / 'postgres'), safe='/')}"


def embedded_redis_url(var: Path) -> str:
    """The address of the Valkey that the supervisor starts for this `var`."""
    return f"unix://{quote(str(socket_folder(var) / 'valkey.sock'), safe='/')}"
