"""The letters to those who follow a private page. Pure, plain text, and in them nothing that the page does not say."""

from dataclasses import dataclass, replace

from incidents.rules.public import Parts


@dataclass(frozen=True)
class Letter:
    """A mail. `leave`: the address at which one request ends them; "" where there is nothing to end."""

    subject: str
    text: str
    leave: str = ""

    def left_by(self, url: str) -> "Letter":
        """The same letter for somebody, with the address by which they leave."""
        return replace(self, text=f"{self.text}\n\n-- \nNo more of these mails: {url}\n", leave=url)


def confirm_letter(name: str, url: str, days: int) -> Letter:
    """The question whether an address wants the updates."""
    text = (f"Somebody, probably you, asked for the status updates of {name} at this address.\n\n"
            f"Open this page, and say yes:\n{url}\n\n"
            f"The link holds for {days} days. If it was not you, do nothing: no other mail is sent.\n")
    return Letter(f"{name}: do you want the status updates?", text)


def already_letter(name: str, leave: str) -> Letter:
    """For somebody who asks a second time."""
    text = f"You follow the status updates of {name} already: the next one comes by itself."
    return Letter(f"{name}: you follow the updates already", text).left_by(leave)


def update_letter(
    *, name: str, status: str, words: str, at: str, since: str, lasted: str, next_at: str, parts: Parts, corrected: bool
) -> Letter:
    """An update, or the correction of one. Times are words in the incident's zone."""
    facts = [words or status, f"Since {since}, for {lasted}."]
    facts += [f"Next update: {next_at}"] if next_at else [parts.closing] if parts.closing else []
    blocks = ["\n".join(facts), parts.summary, f"Customer impact\n\n{parts.impact}" if parts.impact else "",
              f"Technical notes\n\n{parts.notes}" if parts.notes else ""]
    head = "Correction: " if corrected else ""
    first = "This corrects an update that you have.\n\n" if corrected else ""
    return Letter(f"{head}{name}: {status}, {at} update", first + "\n\n".join(filter(None, blocks)))
