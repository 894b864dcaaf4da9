"""What a version of an update looks like to each kind of target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from escalations.rules.markdown import wiki
from incidents.choices import Reading, Severity, TargetKind
from incidents.models import Incident, Target, UpdateDelivery, UpdateVersion
from incidents.queries.updates import called, customers_of, text_for
from incidents.rules.targets import LONGEST_POST, clipped
from incidents.rules.updates.form import leaving
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery

LONGEST_COMMENT = 32_000  # characters of a comment in Jira, which takes 32,767
POST = "mattermost.post"


@dataclass(frozen=True)
class Letter:
    """A topic of the outbox, and its payload."""

    topic: str
    payload: Mapping[str, Any]


def letter(version: UpdateVersion, row: UpdateDelivery, *, edits: str = "") -> Letter:
    """What leaves for a target. `edits`: the key of the delivery whose post is given this text instead."""
    kind = row.target.kind
    if kind == TargetKind.CHANNEL:
        return _post(version, row, edits)
    return _comment(version, row) if kind == TargetKind.JIRA else _mail(version, row)


def correction_of(version: UpdateVersion, row: UpdateDelivery) -> Delivery | None:
    """The delivery whose post in the same channel an earlier version of this update made or makes. One query, none for
    the first version."""
    if version.number == 1 or row.target.kind != TargetKind.CHANNEL:
        return None
    posts = Delivery.objects.filter(
        topic=POST, update_delivery__version__of=version.of, update_delivery__version__number__lt=version.number,
        update_delivery__target__address=row.target.address, update_delivery__target__reading=row.target.reading,
    )
    return posts.order_by("-id").first()


def failed_before(version: UpdateVersion, row: UpdateDelivery) -> list[Delivery]:
    """Deliveries of earlier versions to the same place that failed for certain: tried again by hand they would say what
    was corrected, after the correction. One query, none for the first version."""
    if version.number == 1:
        return []
    return list(Delivery.objects.filter(
        update_delivery__version__of=version.of, update_delivery__version__number__lt=version.number,
        update_delivery__target=row.target_id, update_delivery__address=row.address, state=State.FAILED,
        unanswered_at__isnull=True,
    ))


def text_of(version: UpdateVersion, target: Target) -> str:
    """The text for whom it is, a customer's without the others' names; a drill says so first."""
    text = text_for(version, Reading(target.reading), customer=target.customer)
    return leaving(text, drill=version.of.incident.drill)


def _post(version: UpdateVersion, row: UpdateDelivery, edits: str) -> Letter:
    text = clipped(text_of(version, row.target), LONGEST_POST, _more(version, row))
    payload = {"channel": row.target.address, "message": text, "root": ""}
    if row.target.address == version.of.incident.channel:
        payload["incident"] = str(version.of.incident_id)  # found by its id, whatever the channel is named by now
    # A post that somebody deleted cannot be edited: the corrected one is posted then.
    return Letter("mattermost.edit", {**payload, "of": edits}) if edits else Letter(POST, payload)


def _mail(version: UpdateVersion, row: UpdateDelivery) -> Letter:
    update, incident = version.of, version.of.incident
    names = names_of(incident, row.target)
    severity = version.values.get("facts", {}).get("severity", incident.severity)  # as its heading has it
    head = f"{Severity(severity).label} {names}: {version.status_name}, update {update.number}"
    subject = f"{'Drill: ' if incident.drill else ''}{'Correction: ' if version.number > 1 else ''}{head}"
    parts = [text_of(version, row.target)]
    if version.number > 1:
        why = f" {version.reason}" if version.reason and row.target.reading != Reading.CUSTOMER else ""
        parts.insert(0, f"This corrects update {update.number}.{why}")
    if row.target.reading != Reading.CUSTOMER:
        parts.append(f"-- \n{_link(version)}")
    to = row.address or row.target.address
    return Letter("mail.send", {"to": to, "subject": " ".join(subject.split())[:200],
                                "text": "\n\n".join(parts) + "\n"})


def names_of(incident: Incident, target: Target) -> str:
    """Whose production is down; a customer is not told who else's is."""
    if target.customer is not None:
        return called(target.customer)
    found = customers_of(incident)
    return ", ".join(found[:1] if target.reading == Reading.CUSTOMER else found) or "Community server"


def _comment(version: UpdateVersion, row: UpdateDelivery) -> Letter:
    text = clipped(text_of(version, row.target), LONGEST_COMMENT // 2, _more(version, row))
    said = wiki(f"{'Correction: ' if version.number > 1 else ''}update {version.of.number} of "
                f"[I-{version.of.incident_id}]({_link(version)})\n\n{text}")[:LONGEST_COMMENT]
    return Letter("jira.comment", {"issue": int(row.target.address), "text": said, "said": said})


def _more(version: UpdateVersion, row: UpdateDelivery) -> str:
    return "" if row.target.reading == Reading.CUSTOMER else f"The whole of it: {_link(version)}"


def _link(version: UpdateVersion) -> str:
    return settings.PORTAL_BASE_URL + reverse("incidents:incident", args=[version.of.incident_id])
