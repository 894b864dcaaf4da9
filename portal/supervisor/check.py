"""`make check`: everything that a reader would otherwise have to look for, each with its command said first."""

import os
import subprocess
import sys
import time
from pathlib import Path

from portal import env as environment

BIN = Path(sys.executable).parent
PRODUCTION = {
    "DEBUG": "0", "SECRET_KEY": "for-the-check-alone-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "set.example.com", "PORTAL_BASE_URL": "https://set.example.com",
    "DATABASE_URL": "postgresql://set:set@localhost/set", "REDIS_URL": "redis://localhost/0", "PORTAL_ENV_FILES": "0",
}
MANAGE = [sys.executable, str(environment.ROOT / "manage.py")]
CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("ruff", [str(BIN / "ruff"), "check", "."], {}),
    ("djlint", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], {}),
    ("the arrows between rooms",
     [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:django", "-p", "no:portal.supervisor.testing",
      "--noconftest", "portal/tests/test_arrows.py"], {}),
    ("missing migrations", [*MANAGE, "makemigrations", "--check", "--dry-run", "-v", "0"],
     {"DEBUG": "1", "PORTAL_ENV_FILES": "0"}),
    ("check --deploy", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ("the API's schema", [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
     {"DEBUG": "1", "PORTAL_ENV_FILES": "0"}),
    ("docker-compose.yml", [sys.executable, "-m", "portal.supervisor.compose_check"], {}),
    ("mypy --strict", [str(BIN / "mypy"), "."], {"DEBUG": "1", "PORTAL_ENV_FILES": "0"}),
]


def main() -> None:
    """Run every check, also after one has failed, so that one run tells all."""
    failed = []
    for name, command, extra in CHECKS:
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=environment.ROOT, env={**os.environ, **extra}, capture_output=True, text=True, check=False
        )
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"{verdict:<7}{name} ({time.monotonic() - started:.1f} s)", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip()[-6_000:], flush=True)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
