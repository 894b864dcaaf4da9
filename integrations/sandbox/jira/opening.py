"""Fill a store at start: from the kept state where it still fits, else anew."""

import json

from integrations.sandbox.jira.bench import generate
from integrations.sandbox.jira.catalog import Catalog
from integrations.sandbox.jira.files import load_file
from integrations.sandbox.jira.model import Issue, dumps
from integrations.sandbox.jira.seed import make_project
from integrations.sandbox.jira.store import Store
from integrations.sandbox.options import Options
from integrations.sandbox.storage import Storage


def open_store(storage: Storage, options: Options) -> Store:
    """Return the store that these options ask for; keeps state made with the same content options."""
    wanted = options.fingerprint()
    kept, lists = storage.get_meta("fingerprint"), storage.get_meta("catalog")
    if not options.fresh and kept == wanted and lists is not None:
        store = Store(storage, Catalog(**json.loads(lists)), options.index_delay_seconds)
        store.load(Issue.from_row(row) for row in storage.rows("issue"))
        return store
    storage.clear()
    if options.data is not None:
        catalog, issues = load_file(options.data, options)
    elif options.issues is not None:
        catalog, issues = generate(options)
    else:
        catalog, issues = make_project(options)
    store = Store(storage, catalog, options.index_delay_seconds)
    store.load_and_save(issues)
    storage.set_meta("catalog", dumps(catalog.to_json()))
    # Last, so that a half-made state is made again.
    storage.set_meta("fingerprint", wanted)
    return store
