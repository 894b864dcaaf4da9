"""Descriptions in wiki markup, as support and QA write them."""

import random

OPENINGS = (
    "Reported by a customer through support.",
    "Found during release testing.",
    "Seen on the community server.",
    "A customer with several thousand seats reported this twice within a week.",
    "Noticed while looking into another ticket.",
)
STEPS = (
    ("Sign in as a member of two teams",
     "Open the affected page or job", "Wait for the next synchronization", "Look at the result"),
    ("Install the server with default settings",
     "Change the setting in question and save", "Restart one node", "Repeat the action"),
    ("Create a private channel with two members", "Send a message from the second account", "Repeat on another device"),
    ("Run the job from the system console",
     "Follow the server log while it runs", "Compare the counts before and after"),
)  # fmt: skip
EXPECTED = (
    "The action completes and all clients show the same state.",
    "The setting takes effect at once, and the log says so.",
    "Nothing changes for people who are not concerned.",
    "An error is shown that tells the administrator what to do.",
)
WORKAROUNDS = (
    "Restart the affected node.",
    "Switch the setting off and on again.",
    "None known.",
    "Use the web client.",
)


def describe(rng: random.Random, summary: str, kind: str, log: str) -> str:
    """Write a description; a bug has steps, expected, observed and, where it fits, a log."""
    if kind == "Epic":
        return (
            f"Everything we do about {summary[0].lower()}{summary[1:]} in this half of the year.\n\n"
            "h3. Goal\nFewer tickets from customers in this area than in the last half."
        )
    if kind in ("Task", "Story"):
        return (
            f"{summary}.\n\nh3. Why\nIt costs time in nearly every rotation.\n\nh3. Done when\n"
            "* the change is merged and covered by tests\n* the documentation says what changed"
        )
    steps = "\n".join(f"# {step}" for step in rng.choice(STEPS))
    text = (
        f"{rng.choice(OPENINGS)}\n\nh3. Steps to reproduce\n{steps}\n\nh3. Expected\n{rng.choice(EXPECTED)}\n\n"
        f"h3. Observed\n{summary}. It happens in *{rng.choice((2, 3, 5, 9))} of 10* attempts."
    )
    if log and rng.random() < 0.6:
        text += f"\n\nh3. Logs\n{{code}}\n{log}\n{{code}}"
    if rng.random() < 0.5:
        text += f"\n\nh3. Workaround\n{rng.choice(WORKAROUNDS)}"
    return text
