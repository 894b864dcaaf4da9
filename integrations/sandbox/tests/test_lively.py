"""A lively demo changes something, and only in ways the workflow allows."""

import random
from pathlib import Path

from integrations.sandbox.jira.lively import change
from integrations.sandbox.jira.seed import make_project
from integrations.sandbox.jira.store import Store
from integrations.sandbox.jira.web import Site
from integrations.sandbox.jira.webhooks import Webhooks
from integrations.sandbox.jira.writes import Writer
from integrations.sandbox.options import Options
from integrations.sandbox.storage import Storage


def test_a_hundred_changes_leave_a_sound_project(tmp_path: Path) -> None:
    options = Options()
    catalog, issues = make_project(options)
    store = Store(Storage(tmp_path / "state"), catalog)
    store.load_and_save(issues)
    webhooks = Webhooks(store, options)
    site = Site(options, store, webhooks, Writer(store, webhooks))
    before, rng = store.generation, random.Random(1)
    for _ in range(100):
        change(site, rng)
    assert store.generation - before >= 60
    for issue in store.issues.values():
        done = issue.value("status")["statusCategory"]["key"] == "done"
        assert bool(issue.value("resolution")) is done
