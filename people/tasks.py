"""Mail to people, sent by the worker after the commit, and tried again while the mail server is away."""

import smtplib
from collections.abc import Mapping
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from people import actions, queries, rules
from people.models import Invitation, Person
from portal.common import clock
from portal.common.jobs import queue

AGAIN_AFTER = (15, 60, 300, 900, 900, 900)  # seconds; within the broker's visibility time-out


@shared_task(bind=True, name="people.send_invitation", max_retries=len(AGAIN_AFTER))
def send_invitation(self: "Task[Any, None]", invitation_id: int) -> None:
    """Send the invitation's link, unless it was used or taken back meanwhile."""
    invitation = Invitation.objects.open().select_related("person", "by").filter(pk=invitation_id).first()
    if invitation is None:
        return
    link = reverse("people:invited", args=[queries.invitation_token(invitation)])
    context = {"person": invitation.person, "by": invitation.by, "invitation": invitation}
    try:
        _send(invitation.person.email, "invitation", link, context)
    except (smtplib.SMTPException, OSError) as error:
        actions.invitation_not_sent(invitation_id=invitation_id, reason=_in_words(error))
        raise _again(self, error) from error
    actions.invitation_sent(invitation_id=invitation_id, at=clock.now())


@shared_task(bind=True, name="people.send_password_reset", max_retries=len(AGAIN_AFTER))
def send_password_reset(self: "Task[Any, None]", email: str) -> None:
    """Send a link to set a new password, if somebody who has joined has this address."""
    person = Person.objects.joined().filter(email=rules.normal_email(email)).first()
    if person is None:
        return
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    link = reverse("people:reset_confirm", args=[uid, default_token_generator.make_token(person)])
    try:
        _send(person.email, "password_reset", link, {"person": person})
    except (smtplib.SMTPException, OSError) as error:
        raise _again(self, error) from error


def post_invitation(invitation: Invitation) -> bool:
    """Hand the mail to the worker, after the commit. False when it is away: the page then offers "Send again"."""
    if queue(send_invitation, invitation.pk):
        return True
    actions.invitation_not_sent(invitation_id=invitation.pk, reason="The portal's worker could not be reached.")
    return False


def _send(to: str, letter: str, path: str, context: Mapping[str, object]) -> None:
    text = render_to_string(f"people/mail/{letter}.txt", {**context, "link": settings.PORTAL_BASE_URL + path})
    subject, _, body = text.strip().partition("\n")
    EmailMessage(subject=subject, body=body.strip() + "\n", to=[to]).send()


def _again(task: "Task[Any, None]", error: Exception) -> Exception:
    """What to raise: a retry for an error that passes, the error itself for one that stays."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return error
    wait = AGAIN_AFTER[min(task.request.retries, len(AGAIN_AFTER) - 1)]
    return task.retry(exc=error, countdown=wait, throw=False)


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "The mail server does not take mail for this address."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server refused the portal's sign-in (EMAIL_URL)."
    return f"The mail server could not be reached or refused: {error}"
