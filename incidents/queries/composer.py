"""The shapes of the composer: what templates/incidents/updates draws."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from escalations.rules.markdown import html
from incidents.choices import Reading
from incidents.models import Incident, IncidentStatus, IncidentStep, Update, UpdateVersion
from incidents.queries.targets import Place
from incidents.rules.updates.difference import Changed
from incidents.rules.updates.form import Entry
from incidents.rules.updates.typed import Typed
from people.models import Person


@dataclass(frozen=True)
class Next:
    """When the next update is due. `text`: as it stands in the field; `usual`: what the cadence puts there; `said`: how
    it is read; `fault`: why it cannot be; `late`: it is so far ahead that it needs a reason."""

    text: str
    usual: str
    said: str = ""
    fault: str = ""
    late: bool = False
    longest: int = 60
    at: datetime | None = None


@dataclass(frozen=True)
class Shown:
    """A reading as it will look. `over`: how many characters too many; `names`: first names of ours that still stand in
    a customer's text; `places`: where it goes. Of several customers each gets another: `customer` is whose this one is,
    `others` are the rest, by their names. `same`: a correction leaves it as it was."""

    reading: Reading
    html: SafeString
    over: int
    places: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    customer: str = ""
    others: tuple[tuple[str, SafeString], ...] = ()
    same: bool = False


@dataclass(frozen=True)
class Beside:
    """Another draft than the one that is shown: of somebody else, or their own of another place."""

    name: str
    at: datetime
    url: str
    now: bool


@dataclass(frozen=True)
class Composer:
    """See templates/incidents/updates/pane.html. `number`: of the update that is written; `last`: the newest version of
    the one before; `seen`: the last that its writer knows, `latest`: the last there is; `missed`: the newest, where it
    came while they wrote; `stamp`: of the draft that is shown; `elsewhere`: a newer one, which they wrote at another
    place; `corrects`: the update that is corrected; `newest`: with it status and promise.
    `whole`: with how it will read, where it goes and who may be asked; the incident's page leaves these to a request of
    their own."""

    incident: Incident
    number: int
    typed: Typed
    status: IncidentStatus
    statuses: tuple[IncidentStatus, ...]
    zone: str
    next: Next
    key: str
    seen: int
    latest: int
    thread: str
    last: UpdateVersion | None = None
    missed: UpdateVersion | None = None
    saved_at: datetime | None = None
    stamp: str = ""
    elsewhere: Beside | None = None
    beside: tuple[Beside, ...] = ()
    step: IncidentStep | None = None
    corrects: Update | None = None
    newest: bool = True
    whole: bool = False
    readings: tuple[Shown, ...] = ()
    changed: tuple[Changed, ...] = ()
    places: tuple[Place, ...] = ()
    people: tuple[Person, ...] = ()
    asked: Person | None = None

    @property
    def entry(self) -> Entry:
        """What was written."""
        return self.typed.entry

    @property
    def action(self) -> str:
        """Where the form goes."""
        if self.corrects is not None:
            return reverse("incidents:correct", args=[self.incident.pk, self.corrects.number])
        return reverse("incidents:compose", args=[self.incident.pk])

    @property
    def fresh(self) -> str:
        """Where it is drawn anew from what is saved; a reply stays one."""
        more = self.typed.reply if self.corrects is None else ""
        return self.action + (f"?{urlencode({'reply': more})}" if more else "")

    @property
    def unread(self) -> bool:
        """Whether somebody has published what its writer has not said they read: it is not sent over that."""
        return self.missed is not None and self.seen < self.latest

    @property
    def asks_expected(self) -> bool:
        """Whether the stage that it replies in wants an expected resolution."""
        return self.step is not None and self.step.stage.timeline

    @property
    def to_customer(self) -> bool:
        """Whether it goes to the customer too, once somebody has read it."""
        return not self.incident.drill and any(place.waits and place.chosen for place in self.places)

    @property
    def goes(self) -> int:
        """To how many targets it goes at once."""
        return sum(place.chosen and not place.waits for place in self.places)

    @property
    def over(self) -> int:
        """How many characters too many the longest reading has."""
        return max((one.over for one in self.readings), default=0)

    @property
    def asked_first(self) -> str:
        """The first name of whoever is asked to read the customer's text."""
        return self.asked.name.split()[0] if self.asked else ""

    @property
    def missed_html(self) -> SafeString:
        """What somebody else published meanwhile."""
        return html(self.missed.internal if self.missed else "")
