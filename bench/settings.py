"""The portal's own settings in production mode, and the plain page beside its addresses."""

import os
from dataclasses import replace
from pathlib import Path

from portal import settings as portals
from portal.settings import *  # noqa: F403

ROOT_URLCONF = "bench.plain.urls"
TEMPLATES = [{**portals.TEMPLATES[0], "DIRS": [*portals.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]}]
STATIC_ROOT = Path(os.environ["BENCH_STATIC"])

# Production mode refuses the sandbox, rightly; here it is the peer that everything is measured against.
ENV = portals.ENV
if os.environ.get("BENCH_JIRA"):
    ENV = replace(
        ENV,
        jira=replace(
            ENV.jira, base_url=os.environ["BENCH_JIRA"], email="set-portal@example.test", api_token="sandbox-token",  # noqa: S106
            sre_project="",
        ),
    )
if os.environ.get("BENCH_CHAT"):
    ENV = replace(
        ENV,
        mattermost=replace(
            ENV.mattermost, base_url=os.environ["BENCH_CHAT"], bot_token="sandbox-mattermost-token",  # noqa: S106
            team="community",
        ),
    )
