"""The worker's part of this room."""

from celery import shared_task

from escalations.actions import files
from escalations.queries.files import waiting_files
from escalations.queries.waiting import count_new as count
from portal.common import clock
from portal.flows.incidents.evidence import file_checked


@shared_task(name="escalations.check_file")
def check_file(file_id: int) -> None:
    """A file came in, or is to be masked."""
    _look(file_id)


@shared_task(name="escalations.check_files")
def check_files() -> None:
    """Files that a dead worker, or a broker that was away, left in quarantine."""
    for file_id in waiting_files(at=clock.now()):
        _look(file_id)


def _look(file_id: int) -> None:
    if files.check_file(file_id=file_id, at=clock.now()):
        file_checked(file_id=file_id, at=clock.now())


@shared_task(name="escalations.forget_files")
def forget_files() -> None:
    """Files of forms that were given up, and what is left of those that are gone."""
    files.forget_files(at=clock.now())


@shared_task(name="escalations.count_new")
def count_new() -> None:
    """How many escalations nobody has looked at, for the rail of every page."""
    count()
