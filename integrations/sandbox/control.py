"""Test-only endpoints under /__sandbox__/ that both servers have: faults, delay, log."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.sandbox.front import CONTROL, Fault, Front

KNOWN = {f.name for f in fields(Fault)}


async def read_body(request: Request) -> Any:
    """Read the JSON body; an absent one is an empty object."""
    raw = await request.body()
    return json.loads(raw) if raw else {}


def _faults(front: Front) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        if request.method == "DELETE":
            front.faults.clear()
        elif request.method == "POST":
            body = await read_body(request)
            rules = body.get("rules", [body]) if isinstance(body, dict) else body
            for rule in rules:
                unknown = set(rule) - KNOWN
                if unknown:
                    return JSONResponse({"error": f"unknown: {sorted(unknown)}; known: {sorted(KNOWN)}"}, 400)
            front.faults += [Fault(**rule) for rule in rules]
        return JSONResponse({"rules": [asdict(fault) for fault in front.faults]})

    return handle


def _log(front: Front) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        if request.method == "DELETE" or request.url.path.endswith("/reset"):
            front.log.clear()
        return JSONResponse({"requests": [asdict(seen) for seen in front.log]})

    return handle


def _delay(front: Front) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            front.delay_ms = int((await read_body(request)).get("ms", 0))
        return JSONResponse({"ms": front.delay_ms})

    return handle


def control_routes(front: Front) -> list[Route]:
    """Return the routes that steer one server's front."""
    return [
        Route(f"{CONTROL}faults", _faults(front), methods=["GET", "POST", "DELETE"]),
        Route(f"{CONTROL}log", _log(front), methods=["GET", "DELETE"]),
        Route(f"{CONTROL}log/reset", _log(front), methods=["POST"]),
        Route(f"{CONTROL}delay", _delay(front), methods=["GET", "POST"]),
    ]
