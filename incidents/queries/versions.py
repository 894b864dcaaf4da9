"""The page of the playbook: a version with its stages, and the versions there were."""

from dataclasses import dataclass

from django.http import Http404

from incidents.choices import StepKind
from incidents.models import PlaybookVersion
from incidents.rules.playbook import Stage, differences, due_text, what_of, what_words
from portal.common.versions import Version, made_by

VERSIONS = 50


@dataclass(frozen=True)
class StepShown:
    """A step as the page draws it. `what`: "" for something to do."""

    title: str
    what: str
    due: str
    hint: str
    reply: bool


@dataclass(frozen=True)
class StageShown:
    """A stage; `timeline`: its replies name the expected resolution."""

    number: int
    title: str
    entry: str
    exit: str
    timeline: bool
    steps: tuple[StepShown, ...]


@dataclass(frozen=True)
class PlaybookPage:
    """See templates/incidents/playbook/versions.html."""

    number: int
    newest: int
    stages: tuple[StageShown, ...]
    versions: tuple[Version, ...]

    @property
    def steps(self) -> int:
        return sum(len(stage.steps) for stage in self.stages)


def playbook_page(number: str = "") -> PlaybookPage:
    """The newest version, or the one with this number. One query. 404 for a number that there is not."""
    rows = list(PlaybookVersion.objects.select_related("by").order_by("-number")[:VERSIONS])
    if not rows:
        return PlaybookPage(0, 0, (), ())
    shown = rows[0] if not number else next((row for row in rows if str(row.number) == number), None)
    if shown is None:
        raise Http404("There is no such version.")
    before = {row.number + 1: row for row in rows}
    stages = tuple(_stage(place, stage) for place, stage in enumerate(shown.stages, start=1))
    versions = tuple(_version(row, before.get(row.number), shown=row == shown) for row in rows)
    return PlaybookPage(shown.number, rows[0].number, stages, versions)


def _stage(number: int, told: Stage) -> StageShown:
    steps = tuple(
        StepShown(step["title"], "" if what_of(step) == StepKind.DO else what_words(step), due_text(step),
                  step.get("hint", ""), step.get("kind") == StepKind.REPLY)
        for step in told["steps"]
    )
    return StageShown(number, told["title"], told.get("entry", ""), told.get("exit", ""), bool(told.get("timeline")),
                      steps)


def _version(row: PlaybookVersion, before: PlaybookVersion | None, *, shown: bool) -> Version:
    changes = differences(before.stages, row.stages) if before else ()
    return Version(row.number, made_by(row.by, row.shipped), row.at, row.note, changes, shown)
