"""A way to reach somebody is looked at by the library that will use it, before it is kept."""

from datetime import datetime

from integrations import notify
from people.models import Person
from set_rotation.actions.base import Refused
from set_rotation.actions.contacts import add_method
from set_rotation.models import ContactMethod
from set_rotation.rules.addresses import BLOT, without_secrets


def add_contact(*, person: Person, label: str, address: str, by: Person, at: datetime) -> ContactMethod:
    """Check an address of Apprise without sending anything, and keep it; without a name of its own it has the
    service's. Raises `Refused` in words that do not repeat the address. It may take some seconds."""
    try:
        service = notify.check(address)
    except notify.NotifyFault as fault:
        words = without_secrets(fault.words, address)
        raise Refused(f"That server{words[len(BLOT):]}" if words.startswith(BLOT) else words) from None
    return add_method(person=person, label=label or service[:60], address=address, by=by, at=at)
