"""How fresh the mirror is, in words: the "as of" stamp, and what to say when it stands still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from portal.common.templatetags.parts import near_text

LATE = timedelta(minutes=10)  # runs come every two minutes; five missed ones are no chance
LONG = timedelta(hours=1)
TITLE = "When Jira last answered in full."


@dataclass(frozen=True)
class ProjectState:
    """How the mirror of one project stands. `running`: a run is under way; `failing`: the last one failed."""

    key: str
    on_board: bool
    answered_at: datetime | None
    silent_since: datetime | None
    complete: bool
    running: bool
    failing: bool
    notice: str = ""


@dataclass(frozen=True)
class Stamp:
    """See templates/parts/stamp.html. With `at` it is "as of", that time, and the words `after` it.

    The same stamp is sent to every open page: a time is never among the words, for it has to be said in each
    reader's zone.
    """

    text: str
    at: datetime | None
    tone: str
    title: str
    after: str = ""


@dataclass(frozen=True)
class Trouble:
    """What a page says above all else while the mirror stands still; without details, everybody reads it."""

    title: str
    text: str
    tone: str


def stamp_of(projects: Sequence[ProjectState], *, so_far: int, at: datetime) -> Stamp:
    """The stamp for these projects together: the oldest answer counts. `so_far`: tickets held, for a first import.

    A project that has never been read says nothing about the others; `trouble_of` names it.
    """
    answers = [project.answered_at for project in projects if project.answered_at]
    if first_import(projects) and any(project.running for project in projects):
        return Stamp(f"first import under way, {so_far:,} so far", None, "amber", "Counts are not final yet.")
    if not answers:
        return Stamp("not mirrored yet", None, "amber", "No run has come to its end yet.")
    oldest, silent = min(answers), _silent(projects)
    if silent is not None:
        return Stamp("", oldest, "red" if at - silent > LONG else "amber", TITLE, ", Jira has not answered since")
    if at - oldest > LATE and not any(project.running for project in projects):
        return Stamp("", oldest, "red" if at - oldest > LONG else "amber", f"{TITLE} No run has succeeded since.")
    return Stamp("", oldest, "", TITLE)


def trouble_of(projects: Sequence[ProjectState], *, at: datetime, zone: tzinfo) -> Trouble | None:
    """What is wrong with the mirror, if anything. Half a minute of silence is said too: what is shown may be old."""
    silent = _silent(projects)
    if silent is not None:
        since = near_text(silent.astimezone(zone), at.astimezone(zone))
        return Trouble(
            f"Jira has not answered since {since}.",
            "What stands here is what was read last. The portal keeps asking and catches up by itself.",
            "red" if at - silent > LONG else "amber",
        )
    unread = [project for project in projects if project.failing or project.silent_since]
    if unread:
        return _unread(unread, alone=len(unread) == len(projects), at=at, zone=zone)
    answers = [project.answered_at for project in projects if project.answered_at]
    if answers and at - min(answers) > LATE and not any(project.running for project in projects):
        since = near_text(min(answers).astimezone(zone), at.astimezone(zone))
        return Trouble(
            f"The mirror stands still since {since}.",
            "No run has ended since then: the portal's worker may not be running.",
            "red" if at - min(answers) > LONG else "amber",
        )
    return None


def _unread(unread: Sequence[ProjectState], *, alone: bool, at: datetime, zone: tzinfo) -> Trouble:
    """Some projects cannot be read: which, where the others can."""
    answers = [project.answered_at for project in unread if project.answered_at]
    since = f" since {near_text(min(answers).astimezone(zone), at.astimezone(zone))}" if answers else ""
    if alone:
        return Trouble(f"Jira cannot be read{since}.", "The mirror's page says what went wrong.", "red")
    names = ", ".join(project.key for project in unread)
    words = "The other projects go on; the mirror's page says what went wrong."
    return Trouble(f"{names} cannot be read{since}.", words, "amber")


def first_import(projects: Sequence[ProjectState]) -> bool:
    """Whether some project has never been read to its end; one that cannot be read is no import beside others."""
    some = any(project.complete for project in projects)
    unread = [project for project in projects if not project.complete]
    return any(not (some and (project.failing or project.silent_since)) for project in unread)


def _silent(projects: Sequence[ProjectState]) -> datetime | None:
    """Since when Jira says nothing at all. It does where another project was answered meanwhile."""
    answered = [project.answered_at for project in projects if project.answered_at and not project.silent_since]
    silent = [project.silent_since for project in projects if project.silent_since]
    return None if not silent or any(at > max(silent) for at in answered) else min(silent)


def project_words(project: ProjectState, *, configured: bool, at: datetime) -> tuple[str, str, str]:
    """Tone, icon and state of one project in a few words."""
    if not configured:
        return "grey", "pause", "No longer mirrored"
    if project.running:
        return "blue", "mirror", "Reading now"
    if project.silent_since:
        return ("red" if at - project.silent_since > LONG else "amber"), "clock", "Jira does not answer"
    if project.failing:
        return "red", "fail", "Cannot be read"
    if not project.complete or project.answered_at is None:
        return "amber", "clock", "Not read whole yet"
    if project.notice:
        return "amber", "incident", "Census held"
    if at - project.answered_at > LATE:
        return "amber", "clock", "Late"
    return "green", "done", "Up to date"
