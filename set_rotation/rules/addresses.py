"""The addresses of Apprise: each is a secret, and is shown to nobody but as its scheme and its last characters."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

BLOT = "…"
LEAST = 3  # characters: what is shorter tells nothing, and would blot out half of every sentence
CUT = re.compile(r"[^\w.+~-]+")
TEXTS = {
    "africas", "atalk", "aspsms", "bulksms", "bulkvs", "burstsms", "clickatell", "clicksend", "d7sms", "freemobile",
    "httpsms", "kavenegar", "msg91", "msgbird", "nexmo", "octopush", "plivo", "popcorn", "seven", "sfr", "sinch",
    "smsmanager", "smsmgr", "smseagle", "sns", "twilio", "voipms", "vonage",
}


def masked(address: str) -> str:
    """`twilio://…21`: what its owner knows it by, and nobody can use. The end of a short one is not shown either."""
    scheme, _, rest = address.strip().partition("://")
    path = rest.partition("?")[0].rstrip("/")
    return f"{scheme.lower()}://{BLOT}" + (path[-2:] if len(path) >= 12 else "")


def without_secrets(text: str, address: str) -> str:
    """A text of somebody else's with every part of the address blotted out, also where it is written with %-signs."""
    rest = address.strip().partition("://")[2]
    found = {address.strip(), rest, *CUT.split(rest), *re.split(r"[/?&=:@,]+", rest)}
    parts = found | {unquote(part) for part in found}
    for part in sorted((part for part in parts if len(part) >= LEAST), key=len, reverse=True):
        text = re.sub(re.escape(part), BLOT, text, flags=re.IGNORECASE)
    return text


def channel_of(address: str) -> str:
    """What an address does: "call", "sms", or "push" (an app, or a pager product)."""
    scheme, _, rest = address.strip().lower().partition("://")
    if re.search(r"[?&]method=call\b", rest):
        return "call"
    return "sms" if scheme in TEXTS else "push"


@dataclass(frozen=True)
class Service:
    """A service that people use, with an address to copy and fill in. `calls`: it rings or sends an SMS."""

    key: str
    name: str
    words: str
    example: str


SERVICES = (
    Service("twilio", "SMS (Twilio)", "An SMS to your phone, from the account's number.",
            "twilio://ACCOUNT_SID:AUTH_TOKEN@+15551234567/+15557654321"),
    Service("voice", "Phone call (Twilio)", "Rings your phone and reads the page out.",
            "twilio://ACCOUNT_SID:AUTH_TOKEN@+15551234567/+15557654321?method=call"),
    Service("pushover", "Pushover", "Push that gets through “do not disturb”: priority 2 repeats until you answer.",
            "pover://USER_KEY@APP_TOKEN?priority=emergency"),
    Service("ntfy", "ntfy", "Push to the ntfy app; choose a topic that nobody guesses.",
            "ntfy://ntfy.sh/YOUR_SECRET_TOPIC?priority=max"),
    Service("pagerduty", "PagerDuty", "An incident in your PagerDuty service, by its integration key.",
            "pagerduty://INTEGRATION_KEY@API_KEY"),
    Service("opsgenie", "Opsgenie", "An alert in Opsgenie.", "opsgenie://API_KEY/@YOUR_USER?priority=emergency"),
    Service("telegram", "Telegram", "A message of a bot of yours.", "tgram://BOT_TOKEN/CHAT_ID"),
    Service("slack", "Slack", "A message by an incoming webhook.", "slack://T0001/B0002/TOKEN"),
    Service("teams", "Microsoft Teams", "A card by a workflow's webhook.", "workflow://HOST:443/WORKFLOW_ID/SIGNATURE"),
    Service("signal", "Signal", "Through a signal-cli-rest-api server.", "signals://HOST:443/+15551234567/+15557654321"),
)
