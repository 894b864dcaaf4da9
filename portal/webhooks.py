"""Every inbound door. What comes in is verified, stored and answered; the work is the worker's."""

import base64
import contextlib
import hashlib
import json
import uuid
from email.utils import getaddresses
from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal import flows
from portal.common import clock
from portal.common.jobs import queue
from tickets.actions.deliveries import store_delivery
from tickets.rules.webhooks import read_hint, secret_matches, signature_holds
from tickets.tasks import apply_webhook

READ = 2_000_000  # bytes of a mail: who needs what stands before its attachments
MAIL_EXPECTED = "Expected a raw message (message/rfc822), or a form with the field email or body-mime."


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


@csrf_exempt
@require_POST
def mail(request: HttpRequest) -> HttpResponse:
    """Mail to the urgent address, handed over by a mail service: the raw message, or a form that holds it.

    200 also for a mail that pages nobody, or the service would send it again and again.
    """
    refusal = _mail_refusal(request)
    if refusal:
        return JsonResponse({"detail": refusal}, status=403)
    raw = _raw_mail(request)[:READ]
    if not raw.strip():
        return JsonResponse({"detail": MAIL_EXPECTED}, status=400)
    came = flows.mail_came(raw, to=_envelope(request), at=clock.now())
    if came.page is None:
        return JsonResponse({"paged": False, "why": came.why})
    return JsonResponse({"paged": True, "page": came.page.pk, "new": came.new}, status=201 if came.new else 200)


def _mail_refusal(request: HttpRequest) -> str:
    """Why the door of mails stays shut; empty when it opens."""
    secret = settings.ENV.inbound_mail.secret
    if not secret:
        return "No secret for mails that come in is configured (INBOUND_MAIL_SECRET)."
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    given = {request.headers.get("X-Webhook-Secret", ""), told.strip() if kind.lower() == "bearer" else ""}
    if kind.lower() == "basic":
        with contextlib.suppress(ValueError):
            given |= set(base64.b64decode(told.strip(), validate=True).decode().partition(":")[::2])
    if any(secret_matches(secret, each) for each in given if each):
        return ""
    return "Expected the secret: in X-Webhook-Secret, or as the name or password of Authorization: Basic."


def _raw_mail(request: HttpRequest) -> bytes:
    """The message as it was sent: the body itself, or the field in which mail services put it."""
    if request.content_type not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return request.body
    for name in ("email", "body-mime"):
        file = request.FILES.get(name)
        if file is not None:
            return bytes(file.read())
        if request.POST.get(name):
            return str(request.POST[name]).encode("utf-8", "surrogateescape")
    return b""


def _envelope(request: HttpRequest) -> frozenset[str]:
    """Whom the service says that a mail was for: a blind copy names nobody in its headers."""
    if request.content_type not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return frozenset()
    told = [request.POST.get("recipient", ""), request.POST.get("to", "")]
    with contextlib.suppress(ValueError, RecursionError):
        envelope = json.loads(request.POST.get("envelope", "") or "{}")
        listed = envelope.get("to", []) if isinstance(envelope, dict) else []
        told += [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return frozenset(address.strip().lower() for _, address in getaddresses(told) if "@" in address)
