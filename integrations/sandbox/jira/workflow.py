"""Which statuses an issue can go to, by which transition, and what the transition's screen demands."""

from dataclasses import dataclass

from integrations.sandbox.jira.edits import EditError, item
from integrations.sandbox.jira.model import HERE, Issue, Json, named
from integrations.sandbox.jira.store import Store

BACKLOG, WILL_DO, TO_DO, IN_PROGRESS, SUBMITTED, DONE, CLOSED, AWAITING_QA = (
    "10000", "10001", "10002", "3", "10003", "10004", "6", "10010"
)  # fmt: skip
# transition id -> (name, from statuses, to status, needs a resolution)
STEPS: dict[str, tuple[str, frozenset[str], str, bool]] = {
    "11": ("Plan", frozenset({BACKLOG, TO_DO}), WILL_DO, False),
    "21": ("Ready for work", frozenset({BACKLOG, WILL_DO, IN_PROGRESS}), TO_DO, False),
    "31": ("Start work", frozenset({TO_DO, WILL_DO, SUBMITTED, AWAITING_QA}), IN_PROGRESS, False),
    "41": ("Submit pull request", frozenset({IN_PROGRESS}), SUBMITTED, False),
    "51": ("Merge", frozenset({SUBMITTED, AWAITING_QA}), DONE, False),
    "61": ("Resolve", frozenset({BACKLOG, WILL_DO, TO_DO, IN_PROGRESS}), DONE, True),
    "71": ("Verify", frozenset({DONE}), CLOSED, False),
    "81": ("Close", frozenset({BACKLOG, WILL_DO, TO_DO, IN_PROGRESS, SUBMITTED, AWAITING_QA}), CLOSED, True),
    "91": ("Reopen", frozenset({DONE, CLOSED}), IN_PROGRESS, False),
    "101": ("Back to backlog", frozenset({WILL_DO, TO_DO, IN_PROGRESS}), BACKLOG, False),
    "111": ("Hand to QA", frozenset({SUBMITTED}), AWAITING_QA, False),
}


@dataclass(frozen=True)
class Step:
    """One transition open to an issue."""

    id: str
    name: str
    to: Json
    needs_resolution: bool


def steps(store: Store, issue: Issue) -> list[Step]:
    """Return the transitions that are open to an issue now."""
    catalog, current = store.catalog, str((issue.value("status") or {}).get("id", ""))
    if catalog.workflow:
        # Another project numbers its transitions in its own way: ids must never be remembered across projects.
        shift = 0 if issue.project == "MM" else 100
        return [
            Step(str(int(number) + shift), name, catalog.statuses[to], needs)
            for number, (name, sources, to, needs) in STEPS.items()
            if current in sources
        ]
    known = catalog.project_statuses.get(issue.project) or list(catalog.statuses)
    return [
        Step(str(at * 10 + 1), f"To {named(catalog.statuses[status])}", catalog.statuses[status], False)
        for at, status in enumerate(known, 1)
        if status != current and status in catalog.statuses
    ]


def step_json(store: Store, step: Step, with_fields: bool) -> Json:
    """Describe a transition as Jira does."""
    shown = {
        "id": step.id, "name": step.name, "to": step.to, "hasScreen": step.needs_resolution,
        "isGlobal": False, "isInitial": False, "isAvailable": True, "isConditional": False, "isLooped": False,
    }  # fmt: skip
    if with_fields:
        shown["fields"] = {}
        if step.needs_resolution:
            shown["fields"]["resolution"] = {
                "required": True,
                "schema": {"type": "resolution", "system": "resolution"},
                "name": "Resolution",
                "key": "resolution",
                "hasDefaultValue": False,
                "operations": ["set"],
                "allowedValues": list(store.catalog.resolutions.values()),
            }
    return shown


def choose(store: Store, issue: Issue, wanted: str) -> Step:
    """Return the open transition with this id. Raises EditError as Jira does."""
    for step in steps(store, issue):
        if step.id == wanted:
            return step
    raise EditError(
        messages=[
            f"It seems that you have tried to perform an illegal workflow operation, transition id '{wanted}' "
            f"is not valid for this issue."
        ]
    )


def walk(store: Store, issue: Issue, step: Step, at: int, resolution_given: bool) -> list[Json]:
    """Move a copied issue along a transition; returns the change-log items."""
    if step.needs_resolution and not resolution_given:
        raise EditError({"resolution": "Resolution is required."})
    old, new = issue.value("status") or {}, step.to
    items = [item("status", (str(old.get("id", "")), named(old)), (str(new["id"]), named(new)))]
    before = (old.get("statusCategory") or {}).get("key")
    after = (new.get("statusCategory") or {}).get("key")
    issue.set("status", new)
    if before != after:
        issue.set("statuscategorychangedate", store.text(at))
    if after == "done" and not issue.value("resolution"):
        done = next((r for r in store.catalog.resolutions.values() if named(r) in ("Done", "Fixed")), None)
        done = done or {"self": f"{HERE}/rest/api/2/resolution/10000", "id": "10000", "name": "Done"}
        items.append(item("resolution", (None, None), (str(done["id"]), named(done))))
        issue.set("resolution", done)
    if after == "done" and (before != "done" or not issue.value("resolutiondate")):
        issue.set("resolutiondate", store.text(at))
    if after != "done" and issue.value("resolution"):
        gone = issue.value("resolution")
        items.append(item("resolution", (str(gone.get("id", "")), named(gone)), (None, None)))
        issue.set("resolution", None)
        issue.set("resolutiondate", None)
    return items
