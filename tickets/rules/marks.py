"""Whose a ticket is, read from labels and components: a team's, a customer's, the community's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CUSTOMER, COMMUNITY = "customer", "community"


@dataclass(frozen=True)
class Marking:
    """The mapping as data: label → mark, label → team, component → team. All names casefolded."""

    marks: Mapping[str, str]
    team_labels: Mapping[str, int]
    team_components: Mapping[str, int]


@dataclass(frozen=True)
class Marks:
    team: int | None
    customer: bool
    community: bool


def marks(marking: Marking, *, labels: tuple[str, ...], components: tuple[str, ...]) -> Marks:
    """A team's label says more than a component; of several components the first that has a team counts."""
    told = {marking.marks.get(label.casefold()) for label in labels}
    teams = [marking.team_labels.get(label.casefold()) for label in labels]
    teams += [marking.team_components.get(component.casefold()) for component in components]
    team = next((found for found in teams if found is not None), None)
    return Marks(team=team, customer=CUSTOMER in told, community=COMMUNITY in told)


def is_routed(labels: Iterable[str], team_label: str) -> bool:
    """Whether a ticket carries a feature team's label: that team's work, while a component alone only proposes one."""
    return bool(team_label) and team_label.casefold() in {label.casefold() for label in labels}
