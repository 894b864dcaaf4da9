"""Between the client of Jira and the mirror's facts: which fields to ask for, and what to complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache

from integrations.jira import Account, JiraClient, JiraFault
from tickets.queries.mirror import known_digests
from tickets.rules.reading import FieldIds, IssueFacts, Unreadable, asked_fields, digest_of, field_ids, read_issue

log = structlog.get_logger(__name__)
KNOWN = "jira:known"
Raw = tuple[dict[str, Any], bool]


@dataclass
class Reader:
    """A conversation with Jira and what it has told about itself."""

    client: JiraClient
    ids: FieldIds
    account: Account

    @property
    def fields(self) -> list[str]:
        return asked_fields(self.ids)


def open_reader(*, lately: bool = False) -> Reader:
    """Ask Jira who we are and what its fields are called. Raises `JiraFault`.

    `lately`: what Jira said within ten minutes is good enough; a single issue then costs a single request.
    """
    config = settings.ENV.jira
    client = JiraClient(config)
    kept = f"{KNOWN}:{config.base_url}"
    known = cache.get(kept) if lately else None
    if known is not None:
        account, ids, client.cloud = known
        return Reader(client, ids, account)
    try:
        account = client.me()
        ids = field_ids(
            client.fields(), severity=config.field_severity, epic=config.field_epic, rank=config.field_rank
        )
        cache.set(kept, (account, ids, client.cloud), 600)
    except JiraFault:
        client.close()
        raise
    return Reader(client, ids, account)


def changed_facts(reader: Reader, raws: Sequence[Raw]) -> tuple[list[IssueFacts], int]:
    """The facts of those issues that differ from what the mirror holds, and how many do not.

    What Jira cut short (long change logs, many comments) is fetched in full, for the changed ones alone.
    """
    digests = {id(raw): digest_of(raw, reader.ids) for raw, _ in raws}
    known = known_digests([str(raw.get("id", "")) for raw, _ in raws])
    changed, unchanged = [], 0
    for raw, cleaned in raws:
        if known.get(str(raw.get("id", ""))) == digests[id(raw)]:
            unchanged += 1
            continue
        try:
            complete(reader.client, raw)
            changed.append(read_issue(raw, reader.ids, digest=digests[id(raw)], cleaned=cleaned))
        except Unreadable as error:
            log.warning("issue left out", reason=str(error))
    return changed, unchanged


def complete(client: JiraClient, raw: dict[str, Any]) -> None:
    """Replace a change log or comments that Jira cut short by the whole."""
    identity = str(raw.get("id", ""))
    if not identity.isdigit():
        return
    log_ = raw.get("changelog")
    if _cut_short(log_, "histories") and client.cloud:
        raw["changelog"] = {"histories": client.histories(int(identity))}
    fields = raw.get("fields")
    comments = fields.get("comment") if isinstance(fields, dict) else None
    if isinstance(fields, dict) and _cut_short(comments, "comments"):
        fields["comment"] = {"comments": client.comments(int(identity))}


def _cut_short(part: object, name: str) -> bool:
    if not isinstance(part, dict):
        return False
    total, held = part.get("total"), part.get(name)
    return isinstance(total, int) and isinstance(held, list) and total > len(held)
