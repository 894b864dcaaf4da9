"""What the supervisor adds in the demo: the sandbox Jira and Mattermost, and the block that says where all is.

The sandbox is only ever started as a process and spoken to over HTTP.
"""

import contextlib
import json
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path

from portal import env as environment
from portal.supervisor.processes import Child, start

JIRA_EMAIL, JIRA_TOKEN = "set-portal@example.test", "sandbox-token"
MATTERMOST_TOKEN = "sandbox-mattermost-token"  # noqa: S105
WRITTEN = (
    "PORTAL_DEMO", "PORTAL_SANDBOX", "JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN", "JIRA_PERSONAL_ACCESS_TOKEN",
    "JIRA_PROJECTS", "JIRA_SRE_PROJECT", "JIRA_WEBHOOK_SECRET", "MATTERMOST_BASE_URL", "MATTERMOST_BOT_TOKEN",
    "MATTERMOST_TEAM",
)


class SandboxFault(Exception):
    """The sandbox did not start; the message says why."""


def start_sandbox(
    values: dict[str, str], var: Path, logs: Path, children: list[Child], port: int
) -> dict[str, str]:
    """Start the sandbox for whatever of Jira and Mattermost is not configured; returns the variables that name it.

    With DEBUG=0 nothing is started: production mode has no sandbox.
    """
    debug = values.get("DEBUG", "1").strip().lower() not in {"0", "false", "no", "off"}
    missing = [name for name in ("JIRA", "MATTERMOST") if not values.get(f"{name}_BASE_URL")]
    if not debug or not missing:
        return {}
    jira, mattermost = free_port(port + 1), free_port(port + 2)
    secret = values.get("JIRA_WEBHOOK_SECRET") or _kept_secret(var)
    command = [
        sys.executable, "-m", "integrations.sandbox", "--jira-port", str(jira), "--mattermost-port", str(mattermost),
        "--state", str(var / "sandbox"),
    ]
    # The secret goes by the environment, which other accounts cannot read; beside a real Jira the made-up one is mute.
    speaks = {
        "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/jira/", "SANDBOX_WEBHOOK_SECRET": secret,
    } if "JIRA" in missing else {}
    child = start("sandbox", command, log=logs / "sandbox.log", environ={**values, **speaks}, cwd=environment.ROOT)
    children.append(child)
    names: dict[str, str] = {"PORTAL_SANDBOX": "1"}
    if "JIRA" in missing:
        names |= _jira(child, f"http://127.0.0.1:{jira}", secret, values)
    if "MATTERMOST" in missing:
        names |= {
            "MATTERMOST_BASE_URL": f"http://127.0.0.1:{mattermost}", "MATTERMOST_BOT_TOKEN": MATTERMOST_TOKEN,
            "MATTERMOST_TEAM": "community",
        }
    return names


def _jira(child: Child, address: str, secret: str, values: dict[str, str]) -> dict[str, str]:
    keys = _projects(child, address)
    sre = values.get("JIRA_SRE_PROJECT", "CLD")
    data_center = values.get("SANDBOX_FLAVOUR") == "datacenter"
    signed_in = (
        {"JIRA_PERSONAL_ACCESS_TOKEN": JIRA_TOKEN} if data_center
        else {"JIRA_EMAIL": JIRA_EMAIL, "JIRA_API_TOKEN": JIRA_TOKEN}
    )
    return signed_in | {
        "PORTAL_DEMO": "1",
        "JIRA_BASE_URL": address,
        "JIRA_PROJECTS": values.get("JIRA_PROJECTS") or ",".join(key for key in keys if key != sre),
        "JIRA_SRE_PROJECT": sre if sre in keys else "",
        "JIRA_WEBHOOK_SECRET": secret,
    }


def _kept_secret(var: Path) -> str:
    path = var / "run" / "webhook-secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()


def free_port(wanted: int) -> int:
    """`wanted` if it is free, otherwise any free one."""
    for candidate in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", candidate))
            return int(probe.getsockname()[1])
    raise SandboxFault("No port is free for the sandbox.")


def _projects(child: Child, address: str) -> list[str]:
    """The keys of the projects that the sandbox serves, asked over HTTP once it answers (a large file takes time)."""
    basic = b64encode(f"{JIRA_EMAIL}:{JIRA_TOKEN}".encode()).decode()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not child.alive():
            break
        for authorization in (f"Basic {basic}", f"Bearer {JIRA_TOKEN}"):
            request = urllib.request.Request(  # noqa: S310  (http on loopback, written above)
                f"{address}/rest/api/2/project", headers={"Authorization": authorization}
            )
            with (
                contextlib.suppress(OSError, ValueError, urllib.error.HTTPError),
                urllib.request.urlopen(request, timeout=5) as answer,  # noqa: S310
            ):
                return [str(project["key"]) for project in json.load(answer)]
        time.sleep(0.05)
    raise SandboxFault(f"The sandbox did not start. Its last words ({child.log}):\n{child.last_words()}")


def block(checked: environment.Environment, var: Path, port: int) -> str:
    """The one block that `make run` prints."""
    rows = [("SET portal", f"http://localhost:{port}/")]
    if checked.demo:
        rows.append(("sign in", "one click on the first page, for each role"))
        rows.append(("", "or by password: ines.okafor@example.test (the lead), demo-portal-demo"))
    jira = "sandbox " if checked.demo else ""
    if checked.jira.base_url:
        rows.append((f"{jira}Jira", f"{checked.jira.base_url}  projects {', '.join(checked.jira.all_projects)[:60]}"))
    else:
        rows.append(("Jira", "none is configured; see .env.example"))
    if checked.mattermost.base_url:
        made_up = "" if checked.mattermost.bot_token != MATTERMOST_TOKEN else "sandbox "
        rows.append((f"{made_up}Mattermost", f"{checked.mattermost.base_url}/{checked.mattermost.team}"))
    rows += [("data", str(var)), ("logs", str(var / "log")), ("stop", "Ctrl-C")]
    width = max(len(name) for name, _ in rows)
    line = "-" * 78
    return "\n".join(["", line, *(f"  {name:<{width}}  {value}" for name, value in rows), line])
