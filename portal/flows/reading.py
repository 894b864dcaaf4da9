"""Between the client of Jira and the mirror's facts: which fields to ask for, and what to complete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache

from integrations.jira import Account, JiraClient, JiraFault, JiraRefused
from tickets.queries.mirror import known_digests
from tickets.rules.reading import FieldIds, IssueFacts, Unreadable, asked_fields, digest_of, field_ids, read_issue
from tickets.rules.shapes import whole

log = structlog.get_logger(__name__)
KNOWN = "jira:known"
INCOMPLETE = "incomplete"  # a digest that no issue has: what was not read whole is read again
NAMED = 10  # odd issues that a run names
Raw = tuple[dict[str, Any], bool]


@dataclass
class Reader:
    """A conversation with Jira and what it has told about itself. `odd`: the issues it could not give whole, why."""

    client: JiraClient
    ids: FieldIds
    account: Account
    odd: list[str] = field(default_factory=list)

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

    What Jira cut short (long change logs, many comments) is fetched in full, for the changed ones alone. An issue that
    cannot be read, or not whole, is named in `reader.odd`, and does not keep the others out.
    """
    digests = {id(raw): digest_of(raw, reader.ids) for raw, _ in raws}
    known = known_digests([str(raw.get("id", "")) for raw, _ in raws])
    changed, unchanged = [], 0
    for raw, cleaned in raws:
        if known.get(str(raw.get("id", ""))) == digests[id(raw)]:
            unchanged += 1
            continue
        try:
            missing = complete(reader.client, raw)
            digest = INCOMPLETE if missing else digests[id(raw)]
            changed.append(read_issue(raw, reader.ids, digest=digest, cleaned=cleaned))
        except Unreadable as error:
            missing = str(error)
        if missing:
            reader.odd.append(f"{str(raw.get('key') or 'one without a key')[:80]} ({missing[:300]})")
            log.warning("issue not read whole", reason=missing)
    return changed, unchanged


def complete(client: JiraClient, raw: dict[str, Any]) -> str:
    """Replace a change log or comments that Jira cut short by the whole.

    Returns why not, where Jira refuses them for this issue; it is then mirrored as far as it was told.
    """
    identity, fields = whole(raw.get("id")), raw.get("fields")
    if identity is None:
        return ""
    missing = []
    if _cut_short(raw.get("changelog"), "histories") and client.cloud:
        histories, refused = _asked(client.histories, identity)
        if histories is not None:
            raw["changelog"] = {"histories": histories}
        missing.append(refused)
    if isinstance(fields, dict) and _cut_short(fields.get("comment"), "comments"):
        comments, refused = _asked(client.comments, identity)
        # Those that were told are not all: nothing is said of comments, so that the ones held here stay.
        fields["comment"] = None if comments is None else {"comments": comments}
        missing.append(refused)
    return " ".join(filter(None, missing))


def _asked(
    ask: Callable[[int], list[dict[str, Any]]], identity: int
) -> tuple[list[dict[str, Any]] | None, str]:
    try:
        return ask(identity), ""
    except JiraRefused as fault:
        if fault.status == 401:  # that is about us, not about the issue
            raise
        return None, fault.words


def in_words(odd: Sequence[str]) -> str:
    """What a run says of the issues that it could not read or write; "" where there are none."""
    if not odd:
        return ""
    more = f"; and {len(odd) - NAMED} more" if len(odd) > NAMED else ""
    return f"Not read or written whole: {'; '.join(odd[:NAMED])}{more}."


def _cut_short(part: object, name: str) -> bool:
    if not isinstance(part, dict):
        return False
    total, held = part.get("total"), part.get(name)
    return isinstance(total, int) and isinstance(held, list) and total > len(held)
