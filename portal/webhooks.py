"""Every inbound door. What comes in is verified, stored and answered; the work is the worker's."""

import hashlib
import json
import uuid
from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.common import clock
from portal.common.jobs import queue
from tickets.actions.deliveries import store_delivery
from tickets.rules.webhooks import read_hint, secret_matches, signature_holds
from tickets.tasks import apply_webhook


@csrf_exempt
@require_POST
def jira(request: HttpRequest) -> HttpResponse:
    """Jira's webhooks: signed with `X-Hub-Signature`, or with the secret in the address (Data Center)."""
    body, at = request.body, clock.now()
    refusal = _refusal(request, body)
    if refusal:
        return JsonResponse({"detail": refusal}, status=403)
    text = body.decode("utf-8", errors="replace").replace("\x00", "")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    identifier = request.headers.get("X-Atlassian-Webhook-Identifier", "").replace("\x00", "")[:255]
    identifier = identifier or _own_identifier(body, told)
    delivery = store_delivery(identifier=identifier, hint=read_hint(told), body=text, at=at)
    if delivery is not None and delivery.state == "stored":
        # With the broker away the sweeper finds it.
        transaction.on_commit(partial(queue, apply_webhook, delivery.id))
    return JsonResponse({"stored": delivery is not None}, status=202 if delivery else 200)


def _refusal(request: HttpRequest, body: bytes) -> str:
    """Why the door stays shut; empty when it opens."""
    secret = settings.ENV.jira.webhook_secret
    if not secret:
        return "No webhook secret is configured (JIRA_WEBHOOK_SECRET)."
    signature = request.headers.get("X-Hub-Signature", "")
    if signature:
        return "" if signature_holds(secret, body, signature) else "The signature does not fit the body."
    if secret_matches(secret, request.GET.get("secret", "")):
        return ""
    return "Expected X-Hub-Signature: sha256=..., or ?secret=."


def _own_identifier(body: bytes, told: object) -> str:
    """A server sends no identifier: the same body with the same time is the same webhook."""
    if isinstance(told, dict) and told.get("timestamp"):
        return f"body:{hashlib.sha256(body).hexdigest()}"
    return f"own:{uuid.uuid4().hex}"
