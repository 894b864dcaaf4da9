"""Who may: the row of an address, after the right was asked for."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from cadence.models import Holiday, MeetingTime, ReleaseStep

LARGEST = 2**63 - 1  # more than a key of the database holds


def holiday_or_404(pk: int) -> Holiday:
    """A holiday that holds; one that was taken out is not found."""
    if pk > LARGEST:
        raise Http404
    return get_object_or_404(Holiday.objects.observed(), pk=pk)


def meeting_or_404(kind: str) -> MeetingTime:
    return get_object_or_404(MeetingTime, kind=kind)


def step_or_404(key: str) -> ReleaseStep:
    return get_object_or_404(ReleaseStep, key=key)
