"""`make check`: everything that a reader would otherwise have to look for, each with its command said first."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal import env as environment

Check = tuple[str, list[str], dict[str, str]]  # what it is called, its command, variables besides
BIN = Path(sys.executable).parent
PRODUCTION = {
    "DEBUG": "0", "SECRET_KEY": "for-the-check-alone-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "set.example.com", "PORTAL_BASE_URL": "https://set.example.com",
    "DATABASE_URL": "postgresql://set:set@localhost/set", "REDIS_URL": "redis://localhost/0", "PORTAL_ENV_FILES": "0",
}
MANAGE = [sys.executable, str(environment.ROOT / "manage.py")]
CHECKS: list[Check] = [
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
]
TYPES: Check = ("mypy --strict", [str(BIN / "mypy"), "."], {"DEBUG": "1", "PORTAL_ENV_FILES": "0"})


def run(check: Check) -> tuple[str, str, bool]:
    """What a check is called, what is to be printed of it, and whether it passed."""
    name, command, extra = check
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=environment.ROOT, env={**os.environ, **extra}, capture_output=True, text=True, check=False
    )
    passed = done.returncode == 0
    told = f"{'ok' if passed else 'FAILED':<7}{name} ({time.monotonic() - started:.1f} s)"
    return name, told if passed else f"{told}\n{(done.stdout + done.stderr).rstrip()[-6_000:]}", passed


def main() -> None:
    """Run every check, also after one has failed, so that one run tells all. The types take as long as
    all the others together, so they run beside those."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as both:
        types = both.submit(run, TYPES)
        for told in [*(both.submit(run, check) for check in CHECKS), types]:
            name, words, passed = told.result()
            print(words, flush=True)
            if not passed:
                failed.append(name)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
