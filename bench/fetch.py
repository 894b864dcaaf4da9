"""The floor of the mirror: the requests of a run once more, one after the other, decoded and thrown away."""

import json
import resource
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import requests

SIGNED_IN = ("set-portal@example.test", "sandbox-token")


def fetch(base: str, asked: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Ask again what a run asked. A page's token is that of the answer before, as it was in the run."""
    session, token = requests.Session(), ""
    session.trust_env, session.auth = False, SIGNED_IN
    begun, cpu = time.perf_counter(), time.process_time()
    for request in asked:
        query = dict(parse_qsl(request["query"]))
        if "nextPageToken" in query:
            query["nextPageToken"] = token
        body = {"jql": "project = MM"} if request["method"] == "POST" else None
        answer = session.request(request["method"], base + request["path"], params=query, json=body, timeout=60)
        answer.raise_for_status()
        told = json.loads(answer.content)
        token = str(told.get("nextPageToken") or "") if isinstance(told, dict) else ""
    return {
        "wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "rss": peak_memory(),
    }


def peak_memory() -> float:
    """The most memory this process ever held, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1_000_000 if sys.platform == "darwin" else 1_000)
