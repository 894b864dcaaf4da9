"""The made-up project: seeded, the same for a seed, with its dates ending at the first start."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

from integrations.sandbox.clock import jira_text, now_ms
from integrations.sandbox.jira.catalog import LINK_TYPES, Catalog
from integrations.sandbox.jira.edits import item, short_issue
from integrations.sandbox.jira.model import HERE, History, Issue, Json, dumps, shared
from integrations.sandbox.jira.rank import rank_number
from integrations.sandbox.jira.seed_text import describe
from integrations.sandbox.jira.seed_walk import HOUR, Plan, plan_life
from integrations.sandbox.jira.sites import (
    EPIC_FIELD,
    RANK_FIELD,
    RELEASES,
    SEVERITY_FIELD,
    base_catalog,
    component,
    version,
)
from integrations.sandbox.options import Options
from integrations.sandbox.people import PORTAL_ACCOUNT, load_people

ZONE = PORTAL_ACCOUNT.zone
# How many tickets end where; 400 in all, as a team would find them on a Monday.
ENDINGS = (
    ("Backlog", 196), ("Will Do", 14), ("To Do", 20), ("In Progress", 7), ("Submitted", 7), ("Awaiting QA", 3),
    ("Done", 61), ("Closed", 86),
)  # fmt: skip
CLOUD_ENDINGS = (("Backlog", 14), ("To Do", 7), ("In Progress", 3), ("Submitted", 2), ("Done", 8), ("Closed", 6))


@dataclass
class Idea:
    """What a ticket is about."""

    summary: str
    component: str
    kind: str
    log: str = ""


class Maker:
    """Makes issues one after another."""

    def __init__(self, options: Options) -> None:
        """Anchor at now."""
        self.random = random.Random(options.seed)
        self.words = tomllib.loads((Path(__file__).parent / "seed.toml").read_text(encoding="utf-8"))
        self.catalog: Catalog = base_catalog(options.flavour)
        self.now = now_ms() // 60_000 * 60_000
        self.history_id = 30_000
        self.comment_id = 40_000
        people = load_people()
        self.engineers = [p for p in people if p.role in ("engineer", "lead")]
        self.reporters = [p for p in people if p.role in ("support", "account", "quality", "product", "engineer")]
        self._lists()

    def user(self, account_id: str) -> Json:
        """Return a person as issues show them."""
        return self.catalog.users[account_id]

    def _lists(self) -> None:
        names = [area["component"] for area in self.words["area"]]
        groups = {"MM": (names, 11_000), "CLD": (self.words["cloud"]["components"], 11_500)}
        for project, (wanted, first) in groups.items():
            made = [component(project, first + at, name) for at, name in enumerate(wanted)]
            self.catalog.components[project] = {entry["id"]: entry for entry in made}
        made = [version("MM", 12_000 + at, name, at < 4) for at, name in enumerate(RELEASES)]
        self.catalog.versions["MM"] = {entry["id"]: entry for entry in made}

    def ideas(self, plans: list[Plan]) -> list[Idea]:
        """Return one distinct idea a plan. What is seen again elsewhere waits in the backlog or is closed."""
        areas = self.words["area"]
        plain = [Idea(text, area["component"], "Bug", area["log"]) for area in areas for text in area["problems"]]
        plain += [
            Idea(text, task["component"], self.random.choice(("Task", "Story")))
            for task in self.words["task"]
            for text in task["summaries"]
        ]
        self.random.shuffle(plain)
        again = [
            Idea(f"{text} {where}", area["component"], "Bug", area["log"])
            for area in areas
            for text in area["problems"]
            for where in self.words["circumstances"][area["circumstances"]]
        ]
        again = self.random.sample(again, max(0, len(plans) - len(plain)))
        quiet = [at for at, plan in enumerate(plans) if plan.ending in ("Backlog", "Closed")]
        taken = set(self.random.sample(quiet, len(again)))
        return [again.pop() if at in taken else plain.pop() for at in range(len(plans))]

    def epics(self) -> dict[str, Issue]:
        """Make the epics; returns them by component."""
        found: dict[str, Issue] = {}
        for at, entry in enumerate(self.words["epic"]):
            plan = Plan("In Progress" if at % 2 else "Will Do", [], self.now - (84 * 24 - at) * HOUR, "", None)
            idea = Idea(entry["name"], entry["components"][0], "Epic")
            issue = self.issue(10_500 + at, f"MM-{at + 1}", "MM", idea, plan)
            for name in entry["components"]:
                found[name] = issue
        return found

    def issue(self, number: int, key: str, project: str, idea: Idea, plan: Plan) -> Issue:
        """Make one issue that has lived through its plan."""
        rng, catalog = self.random, self.catalog
        reporter = self.user(rng.choice(self.reporters).account_id)
        status = next(entry for entry in catalog.statuses.values() if entry["name"] == plan.ending)
        priority = rng.choices(list(catalog.priorities.values()), (4, 20, 46, 24, 6))[0]
        parts = [c for c in catalog.components[project].values() if c["name"] == idea.component]
        issue = Issue(number, key, project, plan.created, plan.created, {})
        created = jira_text(plan.created, ZONE)
        values: dict[str, Json] = {
            "summary": idea.summary,
            "issuetype": next(t for t in catalog.issuetypes.values() if t["name"] == idea.kind),
            "project": {k: v for k, v in catalog.projects[project].items() if k != "lead"},
            "status": status, "priority": priority, "resolution": None, "resolutiondate": None,
            "labels": self._labels(idea, plan), "components": parts, "fixVersions": [], "versions": [],
            "assignee": self.user(plan.owner) if plan.owner else None, "reporter": reporter, "creator": reporter,
            "created": created, "updated": created, "statuscategorychangedate": created, "duedate": None,
            "description": describe(rng, idea.summary, idea.kind, idea.log), "issuelinks": [], "subtasks": [],
            "environment": rng.choice(self.words["environments"]["server"]) if idea.kind == "Bug" else None,
            "votes": {"self": f"{HERE}/rest/api/2/issue/{key}/votes", "votes": 0, "hasVoted": False},
            "watches": {
                "self": f"{HERE}/rest/api/2/issue/{key}/watchers", "watchCount": rng.randint(1, 6), "isWatching": False,
            },
            RANK_FIELD: rank_number(number), EPIC_FIELD: None, SEVERITY_FIELD: None,
        }  # fmt: skip
        if idea.kind == "Bug" and project == "MM":
            values[SEVERITY_FIELD] = rng.choices([*catalog.severities, None], (8, 46, 38, 8))[0]
            values["versions"] = [rng.choice(list(catalog.versions["MM"].values())[:4])]
        for name, value in values.items():
            issue.set(name, value)
        self._live(issue, plan)
        self._comments(issue, plan)
        return issue

    def _labels(self, idea: Idea, plan: Plan) -> list[str]:
        rng, labels = self.random, []
        if idea.kind == "Bug":
            labels += rng.choices([["customer-bug"], ["community-bug"], []], (30, 14, 56))[0]
            labels += ["regression"] if rng.random() < 0.08 else []
            if plan.ending not in ("Backlog", "Will Do"):
                labels += rng.choices([["hotfix"], ["release"], []], (6, 16, 78))[0]
        labels += ["tech-debt"] if idea.kind == "Task" else []
        return sorted(labels)

    def _live(self, issue: Issue, plan: Plan) -> None:
        """Walk through the plan, writing the change log."""
        for step in plan.steps:
            items = [step.item]
            if step.resolution:
                done = next(r for r in self.catalog.resolutions.values() if r["name"] == step.resolution)
                issue.set("resolution", done)
                issue.set("resolutiondate", jira_text(step.at, ZONE))
                items.append(item("resolution", (None, None), (done["id"], done["name"])))
                if step.resolution == "Done" and issue.project == "MM":
                    # What was fixed lately goes into a coming release, what was fixed before is out.
                    young = self.now - step.at < 21 * 24 * HOUR
                    chosen = list(self.catalog.versions["MM"].values())[4 if young else 3]
                    issue.set("fixVersions", [chosen])
                    items.append(item("fixVersions", (None, None), (chosen["id"], chosen["name"]), "Fix Version"))
            elif step.reopened:
                old = issue.value("resolution")
                issue.set("resolution", None)
                issue.set("resolutiondate", None)
                if old:
                    items.append(item("resolution", (old["id"], old["name"]), (None, None)))
            if step.category_changed:
                issue.set("statuscategorychangedate", jira_text(step.at, ZONE))
            self.history_id += 1
            author = shared(dumps(self.user(step.by)))
            issue.histories.append(History(str(self.history_id), author, jira_text(step.at, ZONE), dumps(items)))
            self._seen(issue, step.at)

    def _seen(self, issue: Issue, at: int) -> None:
        issue.updated = max(issue.updated, at)
        issue.set("updated", jira_text(issue.updated, ZONE))

    def _comments(self, issue: Issue, plan: Plan) -> None:
        rng = self.random
        most = 1 if plan.ending == "Backlog" else 5
        moments = sorted(rng.randint(plan.created, self.now - 5 * 60_000) for _ in range(rng.randint(0, most)))
        if plan.ending in ("Done", "Closed", "Backlog"):
            moments = [at for at in moments if at <= issue.updated]
        for at, text in zip(moments, rng.sample(self.words["comments"]["texts"], len(moments)), strict=True):
            self.comment_id += 1
            author = self.user(rng.choice(self.engineers + self.reporters).account_id)
            when = jira_text(at, ZONE)
            issue.comments.append(dumps({
                "self": f"{HERE}/rest/api/2/issue/{issue.id}/comment/{self.comment_id}", "id": str(self.comment_id),
                "author": author, "body": text.replace("{n}", f"{rng.randint(10, 99)}"), "updateAuthor": author,
                "created": when, "updated": when, "jsdPublic": True,
            }))  # fmt: skip
            self._seen(issue, at)


def _plans(maker: Maker, endings: tuple[tuple[str, int], ...]) -> list[Plan]:
    owners = [person.account_id for person in maker.engineers]
    plans = [
        plan_life(maker.random, maker.catalog, ending, maker.now, owners)
        for ending, count in endings
        for _ in range(count)
    ]
    return sorted(plans, key=lambda plan: plan.created)


def make_project(options: Options) -> tuple[Catalog, list[Issue]]:
    """Make both projects. The same seed gives the same tickets; only the anchor of the dates differs."""
    maker = Maker(options)
    epics = maker.epics()
    issues = list({issue.id: issue for issue in epics.values()}.values())
    first, plans = len(issues) + 1, _plans(maker, ENDINGS)
    for at, (idea, plan) in enumerate(zip(maker.ideas(plans), plans, strict=True)):
        issue = maker.issue(11_000 + at, f"MM-{first + at}", "MM", idea, plan)
        epic = epics.get(idea.component)
        if epic is not None and maker.random.random() < 0.25:
            issue.set(EPIC_FIELD, epic.key)
            if options.flavour == "cloud":
                issue.set("parent", short_issue(epic))
        issues.append(issue)
    _rank(maker, issues)
    _link(maker, issues)
    texts, parts = maker.words["cloud"]["summaries"], maker.words["cloud"]["components"]
    for at, (text, plan) in enumerate(zip(texts, _plans(maker, CLOUD_ENDINGS), strict=True)):
        idea = Idea(text, maker.random.choice(parts), maker.random.choice(("Task", "Bug")))
        issues.append(maker.issue(15_000 + at, f"CLD-{at + 1}", "CLD", idea, plan))
    return maker.catalog, issues


def _rank(maker: Maker, issues: list[Issue]) -> None:
    """Order the tickets nearly as their priority says; a few stand where they should not."""

    def weight(issue: Issue) -> float:
        labels = issue.value("labels")
        kind = next((at for at, name in enumerate(("hotfix", "release", "customer-bug")) if name in labels), 3)
        misplaced = maker.random.choice((-2.6, 2.6)) if maker.random.random() < 0.15 else 0.0
        return kind + int(issue.value("priority")["id"]) / 10 + misplaced

    for at, issue in enumerate(sorted(issues, key=weight)):
        issue.set(RANK_FIELD, rank_number(at))


def _link(maker: Maker, issues: list[Issue]) -> None:
    rng, kinds = maker.random, LINK_TYPES
    for number in range(24):
        one, other = rng.sample([issue for issue in issues if issue.value("issuetype")["name"] != "Epic"], 2)
        kind = kinds[rng.choice((0, 2, 3, 3))]
        for here, there, side in ((one, other, "outward"), (other, one, "inward")):
            entry = {
                "id": str(19_000 + number), "self": f"{HERE}/rest/api/2/issueLink/{19_000 + number}", "type": kind,
                f"{side}Issue": short_issue(there),
            }  # fmt: skip
            here.set("issuelinks", [*here.value("issuelinks"), entry])
