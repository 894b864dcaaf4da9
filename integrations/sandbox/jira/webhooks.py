"""Webhooks out: signed, in the background, sent again when the receiver is not well."""

import asyncio
import hashlib
import hmac
import uuid
from collections import deque
from dataclasses import dataclass, field

import httpx

from integrations.sandbox.clock import now_ms
from integrations.sandbox.jira.model import HERE, Issue, Json, dumps, loads
from integrations.sandbox.jira.render import comment_piece, fields_piece
from integrations.sandbox.jira.store import Store
from integrations.sandbox.options import Options

RETRIED = frozenset({408, 409, 425, 429, *range(500, 600)})
TRIES = 5


@dataclass
class Delivery:
    """One event on its way."""

    identifier: str
    event: str
    issue: str
    statuses: list[int] = field(default_factory=list)
    done: bool = False


class Webhooks:
    """Sends events to one address."""

    def __init__(self, store: Store, options: Options) -> None:
        """Send nothing until an address is known; it may change at run time."""
        self.store = store
        self.url = options.webhook_url
        self.secret = options.webhook_secret
        self.wait = options.webhook_retry_seconds
        self.base = f"http://{options.host}:{options.jira_port}"
        self.deliveries: deque[Delivery] = deque(maxlen=2000)
        self.paused = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def issue_event(
        self, event: str, kind: str, issue: Issue, author: Json, changes: tuple[str, list[Json]] | None
    ) -> None:
        """Tell of a created, updated or deleted issue; `changes` is a history's id and items."""
        payload: dict[str, Json] = {"timestamp": now_ms(), "webhookEvent": event, "issue_event_type_name": kind}
        payload["user"] = author
        payload["issue"] = self._issue(issue, None)
        if changes is not None:
            payload["changelog"] = {"id": changes[0], "items": changes[1]}
        self._send(event, issue, payload)

    def comment_event(self, event: str, issue: Issue, comment: str, author: Json) -> None:
        """Tell of a comment. A Data Center's payload names no issue, and its issue event comes along."""
        payload: dict[str, Json] = {"timestamp": now_ms(), "webhookEvent": event}
        payload["comment"] = loads(comment_piece(comment, 2))
        if self.store.catalog.flavour == "cloud":
            payload["issue"] = self._issue(issue, {"summary", "issuetype", "project", "assignee", "priority", "status"})
            payload["eventType"] = "primaryAction"
        self._send(event, issue, payload)
        if self.store.catalog.flavour == "datacenter":
            names = {"created": "commented", "updated": "comment_edited", "deleted": "comment_deleted"}
            kind = f"issue_{names[event.partition('_')[2]]}"
            self.issue_event("jira:issue_updated", kind, issue, author, None)

    def _issue(self, issue: Issue, fields: set[str] | None) -> Json:
        shown = loads(fields_piece(issue, fields, set(), 2))
        return {"id": str(issue.id), "self": f"{HERE}/rest/api/2/issue/{issue.id}", "key": issue.key, "fields": shown}

    def _send(self, event: str, issue: Issue, payload: Json) -> None:
        if not self.url or self.paused:
            return
        delivery = Delivery(str(uuid.uuid4()), event, issue.key)
        self.deliveries.append(delivery)
        body = dumps(payload).replace(HERE, self.base).encode()
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery, body: bytes) -> None:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": delivery.identifier,
        }
        if self.secret:
            headers["X-Hub-Signature"] = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=30.0, trust_env=False)
        for attempt in range(TRIES):
            if attempt:
                # The same identifier goes with every try, so that the receiver can drop doubles.
                await asyncio.sleep(self.wait * 2 ** (attempt - 1))
                headers["X-Atlassian-Webhook-Retry"] = str(attempt)
            try:
                answer = await self._client.post(self.url, content=body, headers=headers)
                delivery.statuses.append(answer.status_code)
            except (httpx.HTTPError, httpx.InvalidURL):
                delivery.statuses.append(0)
                continue
            if answer.status_code not in RETRIED:
                delivery.done = answer.is_success
                return

    async def close(self) -> None:
        """Drop what is still waiting."""
        for task in self._tasks:
            task.cancel()
        if self._client is not None:
            await self._client.aclose()
