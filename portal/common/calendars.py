"""What every calendar that programs subscribe to begins with."""

from datetime import timedelta

from icalendar import Calendar


def new_calendar(*, name: str, maker: str, again: timedelta) -> Calendar:
    """An empty calendar of this name, which programs read anew after `again` (whole minutes). `maker`: who writes it,
    as a product identifier has it."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{maker}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)  # RFC 7986; the older name below is the one that most programs read
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", again, parameters={"VALUE": "DURATION"})
    hours, minutes = divmod(int(again.total_seconds() // 60), 60)
    calendar.add("x-published-ttl", f"PT{hours}H" if not minutes else f"PT{hours * 60 + minutes}M")
    return calendar
