"""Writes to Jira.

Payloads (`issue` is Jira's numeric id everywhere):
  jira.change       base {field: value as it was drawn}, set {field: value}, add/remove [labels], to [status ids, in
                    order of preference], answers {field id: value}, names {field: {value: words}}
  jira.comment      text (wiki markup)
  jira.rank         issues [ids, in order], anchor, before
  jira.create       fields, project
  jira.link         other (key), kind
  jira.remote_link  identity, url, title
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from integrations.jira import Field, JiraMissing, JiraRefused, JiraWriter, Step
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.flows.reading import open_reader
from portal.flows.senders.base import Asks, still_mine
from tickets.actions.workflow import keep_steps
from tickets.rules.writes import StepFacts, conflicts_of, question_of_conflict, question_of_fields

READ = ["status", "assignee", "priority", "labels", "resolution", "issuetype", "project"]


def change(delivery: Delivery) -> Sent:
    """Make an issue what somebody wants it to be: what stands so already is not written, what Jira changed meanwhile is
    asked about, never overwritten."""
    wanted, issue = delivery.payload, int(delivery.payload["issue"])
    with _writer(delivery) as writer:
        fields = _read(writer, issue)
        now = _now(fields)
        conflicts = conflicts_of(wanted, now)
        if conflicts:
            raise Asks("Jira's value changed meanwhile.", question_of_conflict(conflicts))
        step, answers = _step(writer, issue, wanted, now, fields)
        edited = _edit(writer, issue, wanted, now)
        if step is not None:
            writer.transition(issue, step.id, answers)
        return Sent(str(issue), found=step is None and not edited)


def _edit(writer: JiraWriter, issue: int, wanted: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    new = {name: value for name, value in wanted.get("set", {}).items() if now.get(name) != value}
    values: dict[str, Any] = {}
    if "assignee" in new:
        values["assignee"] = writer.person(new["assignee"])
    if "priority" in new:
        values["priority"] = {"name": new["priority"]}
    values |= wanted.get("fields", {})
    labels = [
        *({"add": label} for label in wanted.get("add", []) if label not in now["labels"]),
        *({"remove": label} for label in wanted.get("remove", []) if label in now["labels"]),
    ]
    if not values and not labels:
        return False
    writer.edit(issue, fields=values, update={"labels": labels} if labels else {})
    return True


def _step(
    writer: JiraWriter, issue: int, wanted: Mapping[str, Any], now: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple[Step | None, dict[str, Any]]:
    """The transition to take, and its screen's answers; None where the issue stands there already."""
    targets = [str(status) for status in wanted.get("to", [])]
    if not targets or now["status"] in targets:
        return None, {}
    steps = writer.steps(issue)
    _keep(fields, steps)
    step = next((step for target in targets for step in steps if step.to == target), None)
    if step is None:
        reached = ", ".join(dict.fromkeys(step.to_name for step in steps)) or "nothing"
        words = f"From {_name(fields.get('status'))} Jira does not allow this move; it allows: {reached}."
        raise JiraRefused(words)
    given = {field.id: _chosen(field, wanted.get("answers", {}).get(field.id)) for field in step.required}
    lacking = [field for field in step.required if not given.get(field.id)]
    if lacking:
        names = ", ".join(field.name for field in lacking)
        raise Asks(f"Jira asks for: {names}.", question_of_fields(step_facts(step)))
    answers = {
        field.id: {"id": given[field.id]} if field.allowed else given[field.id] for field in step.required
    }
    return step, answers


def _chosen(field: Field, value: str | None) -> str | None:
    """An answer as Jira takes it: of a list the id, also for one that was told by its name; None for one not on it."""
    if not field.allowed or not value:
        return value
    return next((identity for identity, name in field.allowed if value in (identity, name)), None)


def comment(delivery: Delivery) -> Sent:
    """Add a comment, marked with the delivery's key."""
    with _writer(delivery) as writer:
        return Sent(writer.comment(int(delivery.payload["issue"]), delivery.payload["text"], delivery.key))


def find_comment(delivery: Delivery) -> Sent | None:
    """The comment that an earlier request made."""
    with _writer(delivery) as writer:
        found = writer.find_comment(int(delivery.payload["issue"]), delivery.key)
    return Sent(found, found=True) if found else None


def rank(delivery: Delivery) -> Sent:
    """Move issues before or after an anchor; twice does no harm. Those that Jira left are named."""
    told = delivery.payload
    with _writer(delivery) as writer:
        left = writer.rank([int(issue) for issue in told["issues"]], anchor=int(told["anchor"]), before=told["before"])
    if left:
        names = told.get("names", {})
        words = "; ".join(f"{names.get(one.issue, one.issue)}: {one.words}" for one in left)
        raise JiraRefused(f"Jira left {len(left)} of {len(told['issues'])} where they were. {words}")
    return Sent()


def create(delivery: Delivery) -> Sent:
    """Make an issue, marked by a label and a property."""
    with _writer(delivery) as writer:
        identity, key = writer.create(delivery.payload["fields"], label=_label(delivery), key=delivery.key)
    return Sent(identity, _browse(key), note=key)


def find_created(delivery: Delivery) -> Sent | None:
    """The issue that an earlier request made."""
    with _writer(delivery) as writer:
        found = writer.find_issue(delivery.payload["project"], _label(delivery), delivery.key)
    return Sent(found[0], _browse(found[1]), found=True, note=found[1]) if found else None


def link(delivery: Delivery) -> Sent:
    """Link two issues, unless they are linked so."""
    told = delivery.payload
    with _writer(delivery) as writer:
        if (told["kind"], told["other"]) in writer.links(int(told["issue"])):
            return Sent(found=True)
        writer.link(int(told["issue"]), told["other"], told["kind"])
    return Sent()


def remote_link(delivery: Delivery) -> Sent:
    """Link an issue to a page elsewhere; twice does no harm."""
    told = delivery.payload
    with _writer(delivery) as writer:
        writer.remote_link(int(told["issue"]), identity=told["identity"], url=told["url"], title=told["title"])
    return Sent()


@contextlib.contextmanager
def _writer(delivery: Delivery) -> Iterator[JiraWriter]:
    if not settings.ENV.jira.base_url:
        raise JiraRefused("No Jira is configured: set JIRA_BASE_URL and its token.")
    reader = open_reader(lately=True)
    reader.client.before_write = still_mine(delivery)
    try:
        yield JiraWriter(reader.client)
    finally:
        reader.client.close()


def _read(writer: JiraWriter, issue: int) -> Mapping[str, Any]:
    told = writer.client.issue(issue, fields=READ)
    if told is None:
        raise JiraMissing("The ticket is no longer in Jira, or out of this account's sight.")
    fields = told[0].get("fields")
    return fields if isinstance(fields, Mapping) else {}


def _now(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that writes are about, as the portal writes them."""
    told = fields.get("assignee")
    person = told if isinstance(told, Mapping) else {}
    return {
        "status": str((fields.get("status") or {}).get("id", "")),
        "assignee": person.get("accountId") or person.get("name") or person.get("key") or None,
        "priority": _name(fields.get("priority")), "labels": list(fields.get("labels") or []),
        "words": {"status": _name(fields.get("status")), "assignee": _name(person), "priority":
                  _name(fields.get("priority"))},
    }


def _name(told: object) -> str:
    return str(told.get("displayName") or told.get("name") or "") if isinstance(told, Mapping) else ""


def _keep(fields: Mapping[str, Any], steps: tuple[Step, ...]) -> None:
    """What was learnt of the workflow serves the next dialog at once."""
    project = str((fields.get("project") or {}).get("key", ""))
    status = str((fields.get("status") or {}).get("id", ""))
    if project and status:
        keep_steps(project=project, kind=_name(fields.get("issuetype")), status=status,
                   steps=[step_facts(step) for step in steps])


def step_facts(step: Step) -> StepFacts:
    """A transition as the rules think of it."""
    fields = [{"id": field.id, "name": field.name, "kind": field.kind,
               "allowed": [list(pair) for pair in field.allowed]} for field in step.required]
    return StepFacts(step.id, step.name, step.to, step.to_name, tuple(fields))


def _label(delivery: Delivery) -> str:
    """A label that no other delivery has, however alike their keys begin."""
    return f"set-{hashlib.sha256(delivery.key.encode()).hexdigest()[:12]}"


def _browse(key: str) -> str:
    return f"{settings.ENV.jira.base_url}/browse/{key}" if key else ""
