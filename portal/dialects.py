"""One address for each service, said in the words of who needs it: Django's database and mail, Celery's broker."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# A database that hangs must not hold whoever asks for as long as it likes: seconds to connect, milliseconds until what
# was sent has to have arrived. What an address says itself wins.
PATIENCE = {"connect_timeout": "10", "tcp_user_timeout": "20000"}


def django_database(url: str, *, statement_seconds: int = 0) -> dict[str, Any]:
    """Django's settings for one PostgreSQL address; query parameters become libpq options, `host` included.

    `statement_seconds`: how long one statement may take; 0 is without end, for imports and commands.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = PATIENCE | dict(parse_qsl(parts.query))
    if statement_seconds:
        options["options"] = f"{options.get('options', '')} -c statement_timeout={statement_seconds}s".strip()
    host = options.pop("host", "") or (parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def pooled(database: dict[str, Any]) -> dict[str, Any]:
    """The same with connections that are kept. Each is asked whether it is alive before it is given to a request: after
    a restart of PostgreSQL the first request on each answered 500."""
    pool = {"min_size": 2, "max_size": 16, "timeout": 10}
    return {**database, "CONN_HEALTH_CHECKS": True, "OPTIONS": {**database["OPTIONS"], "pool": pool}}


def celery_broker(redis_url: str) -> str:
    """The same server in Celery's spelling: `unix:///path` is `redis+socket:///path` there."""
    return f"redis+socket{redis_url[4:]}" if redis_url.startswith("unix:") else redis_url


def django_email(url: str, var: Path) -> dict[str, Any]:
    """Django's mail settings: `smtp`, `smtps` (TLS at once), `smtp+tls` (STARTTLS); none: files in `var/mail`."""
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(var / "mail"),
        }
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 20,
    }


def from_address(base_url: str) -> str:
    """The sender of our mails: `set-portal@` the host that people open."""
    return f"set-portal@{urlsplit(base_url).hostname or 'localhost'}"
