"""What open pages of an incident are told after a commit. The event carries the fragment, rendered once for everybody;
fetching again is for those who lost the network."""

from portal.common import live

LIVE = "incidents"  # the live topic of lists and of the status page; one incident's is `topic_of`


def topic_of(incident_id: int) -> str:
    """The live topic of an incident's own page."""
    return f"incident-{incident_id}"


def publish(incident_id: int, event_id: int) -> None:
    """A line was written: whoever looks at the incident sees it, and lists look again."""
    live.publish(topic_of(incident_id), "stale", "")
    live.publish(LIVE, "stale", "")
