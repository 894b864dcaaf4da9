"""What is a secret, what only looks like one; and that what is masked is gone, and the rest is as it was."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations.rules import streams
from escalations.rules.secrets import find, mask_for, without_secrets
from escalations.rules.sniff import BINARY, TEXT, UTF16_LITTLE
from escalations.rules.streams import masked, pieces, writing_of

# Put together here, so that no scanner of this repository takes them for secrets.
RANDOM = "a1B2c3D4e5F6g7H8i9J0" * 5
GITHUB = "ghp_" + RANDOM[:36]
GITLAB = "glpat-" + RANDOM[:20]
SLACK = "xoxb-" + "123456789012-123456789012-" + RANDOM[:24]
AWS = "AKIA" + "QWERTYUIOPASDFGH"[:16].replace("0", "2")
JWT = "eyJ" + RANDOM[:17] + ".eyJ" + RANDOM[:30] + "." + RANDOM[:43]
SESSION = "7x8q9kq3ejb1ipfxk3ma8s7hwr"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join([RANDOM[:64]] * 4) + "\n-----END RSA PRIVATE KEY-----"

SECRETS = [
    (GITHUB, GITHUB, "GitHub token"),
    (f"token={GITHUB}&x=1", GITHUB, "GitHub token"),
    ("github_pat_" + RANDOM[:60], "github_pat_" + RANDOM[:60], "GitHub token"),
    (f'"PRIVATE-TOKEN": "{GITLAB}"', GITLAB, "GitLab token"),
    (f"slack {SLACK} end", SLACK, "Slack token"),
    ("https://hooks.slack.com/services/T0001ABCD/B0001ABCD/" + RANDOM[:24], RANDOM[:24], "Slack webhook"),
    (f"key {AWS}", AWS, "AWS access key"),
    ("AIza" + RANDOM[:35], RANDOM[:35], "Google API key"),
    ("GOCSPX-" + RANDOM[:28], RANDOM[:28], "Google secret"),
    ("AccountKey=" + RANDOM[:86] + "==;EndpointSuffix=core.windows.net", RANDOM[:86], "Azure storage key"),
    ("abc8Q~" + RANDOM[:33], RANDOM[:33], "Azure secret"),
    ("sk_live_" + RANDOM[:24], RANDOM[:24], "Stripe key"),
    ("npm_" + RANDOM[:36], RANDOM[:36], "npm token"),
    (f"jwt {JWT}.", JWT, "JSON web token"),
    (f"Authorization: Bearer {SESSION}", SESSION, "bearer token"),
    (f"authorization: token {SESSION}", SESSION, "bearer token"),
    ("Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy", "password in a header"),
    (f"MMAUTHTOKEN={SESSION}; MMUSERID=x", SESSION, "password or key"),
    (f"https://chat.example.com/hooks/{SESSION}", SESSION, "Mattermost webhook"),
    ("postgres://mmuser:mostest@localhost:5432/mattermost", "mostest", "password in an address"),
    ("redis://:hunter2@cache:6379", "hunter2", "password in an address"),
    ('"DataSource": "mmuser:s3cret@tcp(db:3306)/mm?charset=utf8"', "s3cret", "password in an address"),
    ('"SMTPPassword": "correct-horse"', "correct-horse", "password or key"),
    ('"BindPassword":"abc1def"', "abc1def", "password or key"),
    ('{\\"Password\\":\\"abc1def\\"}', "abc1def", "password or key"),
    (f'"AtRestEncryptKey": "{SESSION}ab12cd"', SESSION, "password or key"),
    (f'"PublicLinkSalt": "{SESSION}"', SESSION, "password or key"),
    (f'"AmazonS3SecretAccessKey": "{RANDOM[:40]}"', RANDOM[:40], "password or key"),
    ("Server=db;User Id=mm;Password=hunter2;", "hunter2", "password or key"),
    ("PGPASSWORD=hunter2 pg_dump", "hunter2", "password or key"),
    ("password: P4ss!word", "P4ss!word", "password or key"),
    ("<Password>hunter2</Password>", "hunter2", "password or key"),
    (KEY, RANDOM[:64], "private key"),
    (KEY.replace("\n", "\\n"), RANDOM[:64], "private key"),
]

HARMLESS = [
    '"Password": "********************************"',
    '"SMTPPassword": ""',
    '"Password": "[masked: password or key]"',
    "password=***", "Password: <password>", "password=${DB_PASSWORD}", "password: {{ .Values.password }}",
    "invalid password: incorrect", "password: string", "Password=null", '"password": false', '"token": null',
    '"EnableSignUpWithEmail": true, "PasswordSettings": {"MinimumLength": 14}',
    '"PasswordMinimumLength": 14', "reset_password=true", '"login.password": "Password"',
    '"signup.password.hint": "Choose your password"',
    "PWD=/opt/mattermost", '"request_id":"7x8q9kq3ejb1ipfxk3ma8s7hwr"', '"user_id":"7x8q9kq3ejb1ipfxk3ma8s7hwr"',
    "token expired", "Bearer authentication is required here", "Basic authentication", "token_type=bearer",
    "AKIAIOSFODNN7EXAMPLE", "https://chat.example.com/api/v4/users", "https://user:${PASS}@host/", "http://a.example:80/b@c",
    "-----BEGIN CERTIFICATE-----\n" + RANDOM + "\n-----END CERTIFICATE-----",
    "-----BEGIN RSA PRIVATE KEY-----\n…\n-----END RSA PRIVATE KEY-----",
    "my_ghp_" + RANDOM[:36], "password: 2026-11-17T10:00:00Z", "mm@tcp(db:3306)", "eyJ.eyJ.abc", "sig=abc",
    '"msg":"password changed","caller":"app/user.go:1412"', "salt: none", "secret: required",
]


@pytest.mark.parametrize(("text", "secret", "kind"), SECRETS)
def test_a_secret_is_found_and_masked_and_its_hint_shows_nothing_of_it(text: str, secret: str, kind: str) -> None:
    found = find(text.encode(), text=True)
    assert [span.kind for span in found] == [kind]
    assert secret not in without_secrets(text)
    assert mask_for(kind) in without_secrets(text)
    assert not any(secret[start:start + 8] in found[0].hint for start in range(8, len(secret) - 8))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert find(text.encode(), text=True) == []


@pytest.mark.parametrize(("text", "secret", "kind"), SECRETS)
def test_what_was_masked_is_found_no_more(text: str, secret: str, kind: str) -> None:
    assert find(without_secrets(text).encode(), text=True) == []


def test_a_hint_tells_the_maker_and_the_length() -> None:
    assert find(GITHUB.encode(), text=True)[0].hint == "ghp_…, 40 characters"


def test_in_binary_data_only_tokens_that_say_what_they_are_count() -> None:
    block = b"\x00\x01password=hunter2\x00" + GITHUB.encode() + b"\x00\xff"
    assert [span.kind for span in find(block, text=False)] == ["GitHub token"]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)
TOKENS = st.sampled_from([GITHUB, GITLAB, SLACK, JWT, KEY])


@given(parts=st.lists(st.tuples(WORDS, TOKENS), max_size=5), tail=WORDS, block=st.integers(1, 400))
def test_masking_takes_every_secret_and_nothing_else(parts: list[tuple[str, str]], tail: str, block: int) -> None:
    """Whatever the pieces in which the file is read."""
    text = "".join(f"{words} \n{token} \n" for words, token in parts) + tail
    monkey, streams.BLOCK = streams.BLOCK, block
    try:
        out, left = b"", b""
        for piece, found in pieces(io.BytesIO(text.encode()), writing_of(TEXT)):
            out += masked(piece, found, writing_of(TEXT))
            done = 0
            for span in found:
                left += piece[done:span.start]
                done = span.end
            left += piece[done:]
    finally:
        streams.BLOCK = monkey
    assert not any(token in out.decode() for _, token in parts)
    assert not any(line in out.decode() for _, token in parts if token == KEY for line in [RANDOM[:64]])
    # What is no secret stands there as it was, in its order.
    assert left == out if not parts else len(left) < len(text.encode())
    for words, _ in parts:
        if not find(words.encode(), text=True):
            assert words.encode() in out
    if not find(text.encode(), text=True):
        assert out == text.encode()


@pytest.mark.parametrize("before", [0, 1, 500, 32_000, 32_768, 33_000, (1 << 20) - 20, 1 << 20])
def test_a_secret_over_the_border_of_two_pieces_is_found_once(before: int) -> None:
    data = b"x" * before + b"\n" + KEY.encode() + b"\n" + b"y" * 40_000
    spans = [span for _, found in pieces(io.BytesIO(data), writing_of(TEXT)) for span in found]
    assert len(spans) == 1
    assert b"".join(piece for piece, _ in pieces(io.BytesIO(data), writing_of(TEXT))) == data


def test_binary_data_keeps_its_length() -> None:
    data = b"\x00\x01" + GITHUB.encode() + b"\x00\xff"
    (piece, found), = pieces(io.BytesIO(data), writing_of(BINARY))
    assert masked(piece, found, writing_of(BINARY)) == b"\x00\x01" + b"*" * len(GITHUB) + b"\x00\xff"


def test_a_text_of_utf_16_is_masked_in_its_own_writing() -> None:
    data = "\ufeffpassword=hünter22 Ω\nend".encode("utf-16-le")
    (piece, found), = pieces(io.BytesIO(data), writing_of(UTF16_LITTLE))
    out = masked(piece, found, writing_of(UTF16_LITTLE)).decode("utf-16-le")
    assert out == "\ufeffpassword=[masked: password or key] Ω\nend"


def test_what_is_tried_everywhere_ends_in_time() -> None:
    """Needles without end, each of which begins a match that fails late."""
    for needle in (b"eyJ", b"@tcp(", b"://a:", b"-----BEGIN PRIVATE KEY-----", b"q~", b"password=", b"password='"):
        find((needle * 100_000)[:200_000], text=True)
