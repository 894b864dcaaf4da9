"""Run both stand-ins as a child process for the length of a test.

with run_sandbox(flavour="datacenter") as sandbox:
    httpx.get(f"{sandbox.jira_url}/rest/api/2/myself", headers=sandbox.jira_headers)
"""

import base64
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from integrations.sandbox.jira.web import EMAIL, TOKEN
from integrations.sandbox.mattermost.web import TOKEN as MATTERMOST_TOKEN
from portal.tests.patience import PATIENCE

READY = re.compile(r"sandbox ready: Jira \(\w+\) (\S+) with \d+ issues, Mattermost (\S+)")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Sandbox:
    """A running pair of servers: their addresses, what opens them, and the levers of a test."""

    state: Path
    arguments: list[str]
    flavour: str = "cloud"
    jira_url: str = ""
    mattermost_url: str = ""
    jira_email: str = EMAIL
    jira_token: str = TOKEN
    mattermost_token: str = MATTERMOST_TOKEN
    mattermost_team: str = "community"
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE, trust_env=False), repr=False)

    @property
    def jira_headers(self) -> dict[str, str]:
        """Return what signs a request to the Jira: Basic in the cloud, Bearer on Data Center."""
        if self.flavour == "datacenter":
            return {"Authorization": f"Bearer {self.jira_token}"}
        pair = base64.b64encode(f"{self.jira_email}:{self.jira_token}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    @property
    def mattermost_headers(self) -> dict[str, str]:
        """Return what signs a request to the Mattermost."""
        return {"Authorization": f"Bearer {self.mattermost_token}"}

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that point a portal at these servers."""
        given = {
            "JIRA_BASE_URL": self.jira_url,
            "MATTERMOST_BASE_URL": self.mattermost_url,
            "MATTERMOST_BOT_TOKEN": self.mattermost_token,
            "MATTERMOST_TEAM": self.mattermost_team,
        }
        if self.flavour == "datacenter":
            return {**given, "JIRA_PERSONAL_ACCESS_TOKEN": self.jira_token}
        return {**given, "JIRA_EMAIL": self.jira_email, "JIRA_API_TOKEN": self.jira_token}

    # Life

    def start(self) -> None:
        """Start the process; after `kill` or `stop` it comes back on the same ports with its state."""
        ports = [re.sub(r".*:", "", url) or "0" for url in (self.jira_url, self.mattermost_url)]
        command = [
            sys.executable, "-m", "integrations.sandbox", "--state", str(self.state), "--jira-port", ports[0],
            "--mattermost-port", ports[1], *self.arguments,
        ]  # fmt: skip
        clean = {key: value for key, value in os.environ.items() if not key.startswith("SANDBOX_")}
        self._process = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True)  # noqa: S603
        line = self._process.stdout.readline() if self._process.stdout else ""
        match = READY.search(line)
        if match is None:
            self.stop()
            raise RuntimeError("the sandbox did not start")
        self.jira_url, self.mattermost_url = match[1], match[2]

    def stop(self) -> None:
        """End the process politely."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process with kill -9."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=PATIENCE)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
        self._client.close()

    # Levers

    def control(self, path: str, body: Any = None, *, method: str = "POST", chat: bool = False) -> Any:
        """Call a control endpoint, such as "bulk"; returns its JSON."""
        base = self.mattermost_url if chat else self.jira_url
        answer = self._client.request(method, f"{base}/__sandbox__/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def fault(self, *, chat: bool = False, **rule: Any) -> None:
        """Spoil coming requests: path=, method=, times=, status=, retry_after=, html=, truncate=, drop=, …"""
        self.control("faults", {"rules": [rule]}, chat=chat)

    def clear_faults(self, *, chat: bool = False) -> None:
        """Drop all faults."""
        self.control("faults", method="DELETE", chat=chat)

    def requests(self, *, chat: bool = False) -> list[dict[str, Any]]:
        """Return the requests seen: method, path, query, status, ms."""
        return list(self.control("log", method="GET", chat=chat)["requests"])

    def reset_log(self, *, chat: bool = False) -> None:
        """Forget the requests seen."""
        self.control("log/reset", chat=chat)

    def bulk(self, do: str, **what: Any) -> Any:
        """Change many issues without webhooks: do="set", fields={...}, jql=..., issues=[...], limit=…"""
        return self.control("bulk", {"do": do, **what})

    def counts(self, *, chat: bool = False) -> Any:
        """Return how much a complete mirror would hold."""
        return self.control("counts", method="GET", chat=chat)

    def jira(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask the Jira something, signed; `path` starts after the host."""
        return self._client.request(method, self.jira_url + path, headers=self.jira_headers, **given)

    def mattermost(self, method: str, path: str, *, user: str = "", **given: Any) -> httpx.Response:
        """Ask the Mattermost something, as the bot or as a person; `path` starts after /api/v4/."""
        token = f"{self.mattermost_token}:{user}" if user else self.mattermost_token
        headers = {"Authorization": f"Bearer {token}"}
        return self._client.request(method, f"{self.mattermost_url}/api/v4/{path}", headers=headers, **given)


def _arguments(options: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            found.append(flag)
        elif value not in (None, False):
            found += [flag, str(value)]
    return found


@contextlib.contextmanager
def run_sandbox(state: Path | None = None, **options: Any) -> Iterator[Sandbox]:
    """Run both servers on free ports; options are those of the command line (webhook_url=, issues=, …).

    Without `state` the state lies in a temporary folder that is removed at the end.
    """
    with contextlib.ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        flavour = str(options.get("flavour", "cloud"))
        yield stack.enter_context(Sandbox(folder, _arguments(options), flavour))
