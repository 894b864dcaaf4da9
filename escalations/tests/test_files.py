"""Files: taken into quarantine, looked through, and read by nobody before; what was found is told."""

import asyncio
import errno
import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client

from escalations.actions import files
from escalations.actions.base import Refused
from escalations.actions.drafts import draft_for_files
from escalations.actions.files import checking, receiving
from escalations.actions.links import make_link
from escalations.choices import FileState, What
from escalations.models import Escalation, EscalationEvent, EscalationFile, IntakeDraft
from escalations.queries.files import files_of, files_of_draft, files_words, size_text, waiting_files
from escalations.rules.archives import Budget, look
from escalations.tests.factories import NOON, escalation
from escalations.tests.test_archives import LOG, PNG, opened, zipped
from escalations.tests.test_secrets import GITHUB
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock, jobs, locks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(own_files: Path) -> Path:
    return own_files


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    found: list[int] = []
    monkeypatch.setattr(jobs, "queue", lambda _, number: found.append(number))
    yield found


def upload(content: bytes = LOG, name: str = "app.log") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def sent(
    content: bytes = LOG, name: str = "app.log", *, to: Escalation | None = None, by: Person | None = None, **more: Any
) -> EscalationFile:
    row = to or (None if "draft" in more else escalation())
    sender = by or (row.reporter if row else None)
    return files.receive(upload=upload(content, name), at=NOON, by=sender, by_name="Sam", escalation=row, **more)


def checked(row: EscalationFile) -> EscalationFile:
    assert files.check_file(file_id=row.pk, at=NOON)
    row.refresh_from_db()
    return row


def asker(row: Escalation) -> Person:
    assert row.reporter
    return row.reporter


def sender(row: EscalationFile) -> Person:
    assert row.by
    return row.by


def content(row: EscalationFile) -> bytes:
    with default_storage.open(row.stored) as file:
        return bytes(file.read())


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def said(row: EscalationFile) -> list[tuple[str, str]]:
    return list(EscalationEvent.objects.filter(escalation=row.escalation).exclude(what=What.RAISED)
                .values_list("what", "to_value"))


# ---- Taking in ---------------------------------------------------------------


def test_a_file_whose_form_was_raised_while_it_came_goes_where_the_others_went(folder: Path, client: Client) -> None:
    row, key = escalation(), uuid.uuid4()
    draft = draft_for_files(key=key, at=NOON, person=asker(row))
    assert draft
    gone = IntakeDraft(pk=draft.pk, key=key, person=asker(row))
    draft.delete()
    with pytest.raises(Refused, match="its form is not there any more"):
        sent(draft=gone, by=asker(row))
    assert on_disk(folder) == []
    Escalation.objects.filter(pk=row.pk).update(submission=key)
    late = sent(draft=gone, by=asker(row))
    assert (late.draft, late.escalation) == (None, row)
    assert said(late) == [(What.FILE_ADDED, "app.log")]
    client.force_login(asker(row))
    told = {"accept": "application/json"}
    assert client.post("/escalations/files/", {"draft": str(key), "files": upload()}, headers=told).status_code == 201
    assert row.files.count() == 2
    client.force_login(person(Role.SUPPORT))
    assert client.post("/escalations/files/", {"draft": str(key), "files": upload()}, headers=told).status_code == 404


def test_a_file_lies_in_quarantine_under_a_name_that_says_nothing(
    folder: Path, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = sent(name="../secret plan\u202e.log")
    (path,) = on_disk(folder)
    assert "plan" not in str(path) and path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (row.state, row.name, row.kind, row.size) == (FileState.QUARANTINE, "secret plan.log", "Text", len(LOG))
    assert queued == [row.pk]
    assert said(row) == [(What.FILE_ADDED, "secret plan.log")]


@pytest.mark.parametrize(("name", "data", "words"), [
    ("empty.log", b"", "empty.log is empty"),
    ("shot.png", b"\x7fELF" + bytes(100), "shot.png holds a Linux program"),
])
def test_what_is_not_taken_is_said_and_leaves_nothing(folder: Path, name: str, data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        sent(data, name)
    assert not on_disk(folder) and not EscalationFile.objects.exists()


def test_a_file_that_is_too_large_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "LARGEST", 10)
    with pytest.raises(Refused, match="larger than"):
        sent()


def test_nobody_fills_the_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    row = escalation()
    monkeypatch.setattr(receiving, "HOURLY", len(LOG) * 2)
    sent(to=row), sent(to=row)
    with pytest.raises(Refused, match="within an hour"):
        sent(to=row)
    assert sent(to=row, by=person(Role.ENGINEER)).pk
    monkeypatch.setattr(receiving, "WAITING", len(LOG) * 3)
    with pytest.raises(Refused, match="wait to be checked"):
        sent(to=row, by=person(Role.ENGINEER))


def test_a_partner_who_opens_the_form_anew_is_the_same_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    lead, until = person(Role.LEAD), NOON + timedelta(days=1)
    links = [make_link(name=name, customer=None, ends_at=until, by=lead, at=NOON)[0] for name in ("Contoso", "Globex")]
    first, anew, other = (draft_for_files(key=uuid.uuid4(), link=link, at=NOON)
                          for link in (links[0], links[0], links[1]))
    monkeypatch.setattr(receiving, "HOURLY", len(LOG))
    sent(draft=first)
    with pytest.raises(Refused, match="within an hour"):
        sent(draft=anew)
    assert sent(draft=other).pk


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(Refused, match="disk is full"):
        sent()


def test_a_secret_in_a_files_name_is_masked() -> None:
    assert GITHUB not in sent(name=f"{GITHUB}.log").name


# ---- Looking through ------------------------------------------------------------


def test_a_clean_file_is_released_and_nobody_is_told() -> None:
    row = checked(sent(b"nothing here", "app.log"))
    assert (row.state, row.found, row.note, row.checked_at) == (FileState.RELEASED, 0, "", NOON)
    assert len(row.digest) == 64
    assert said(row)[1] == (What.FILE_CHECKED, "app.log: nothing found")
    assert not Delivery.objects.filter(purpose="escalation").exists()
    assert not files.check_file(file_id=row.pk, at=NOON)  # once


def test_a_file_with_secrets_is_held_and_no_secret_is_kept_or_told() -> None:
    row = checked(sent(zipped({"logs/a.log": LOG}), "bundle.zip"))
    assert (row.state, row.found) == (FileState.HELD, 1)
    assert row.findings == [
        {"kind": "GitHub token", "where": "logs/a.log", "line": 2, "hint": "ghp_…, 40 characters"}
    ]
    told = Delivery.objects.filter(purpose="escalation").get()
    assert "held" in told.title
    everything = str(EscalationFile.objects.values()) + str(EscalationEvent.objects.values()) + str(told.payload)
    assert GITHUB[5:] not in everything


def test_a_name_that_lies_stays_said() -> None:
    assert checked(sent(b"words", "shot.png")).note == "Named .png, but holds text."


def test_a_bomb_is_refused_and_its_content_deleted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    row = sent(zipped({"zeros": bytes(500_000)}), "small.zip")
    monkeypatch.setattr(checking, "_budget", lambda size: Budget(packed=size, free=100_000))
    with django_capture_on_commit_callbacks(execute=True):
        assert checked(row).state == FileState.REFUSED
    assert "unpacks to more than" in row.note
    assert not on_disk(folder)


def test_what_nobody_could_look_into_is_held() -> None:
    row = checked(sent(b"7z\xbc\xaf\x27\x1c" + bytes(40), "a.7z"))
    assert (row.state, row.found) == (FileState.HELD, 0)
    with pytest.raises(Refused, match="nothing to mask"):
        files.ask_to_mask(file=row, by=row.by, at=NOON)


def test_two_workers_do_not_look_through_one_file() -> None:
    row = sent()
    with locks.held(locks.FILES, row.pk + 1):
        assert files.check_file(file_id=row.pk, at=NOON)


def test_a_file_that_was_left_is_looked_through_by_the_next_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    row = sent()
    assert waiting_files(at=NOON) == []
    assert waiting_files(at=NOON + timedelta(seconds=30)) == [row.pk]

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checking, "look", dies)
        for _ in range(checking.TRIES):
            with pytest.raises(KeyboardInterrupt):
                files.check_file(file_id=row.pk, at=NOON)
            row.refresh_from_db()
            assert row.state == FileState.QUARANTINE
    assert checked(row).state == FileState.REFUSED
    assert "each try failed" in row.note


def test_a_file_removed_while_it_was_looked_through_stays_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = sent()
    real = look

    def removed_meanwhile(*given: Any) -> Any:
        files.remove(file=row, by=row.by, at=NOON)
        return real(*given)

    monkeypatch.setattr(checking, "look", removed_meanwhile)
    assert not files.check_file(file_id=row.pk, at=NOON)
    row.refresh_from_db()
    assert row.state == FileState.REMOVED


# ---- What becomes of it ------------------------------------------------------------


def test_masking_writes_it_anew_and_deletes_what_came(folder: Path, django_capture_on_commit_callbacks: Any) -> None:
    row = checked(sent(zipped({"a.log": LOG, "shot.png": PNG}), "bundle.zip"))
    old = row.stored
    files.ask_to_mask(file=row, by=row.by, at=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        checked(row)
    assert (row.state, row.masked, row.found, row.findings) == (FileState.RELEASED, 1, 0, [])
    assert opened(content(row)) == {"a.log": b"first\nsecond [masked: GitHub token]\nthird\n", "shot.png": PNG}
    assert row.size == len(content(row)) and row.stored != old
    assert len(on_disk(folder)) == 1
    assert said(row)[-1] == (What.FILE_MASKED, "bundle.zip: 1 masked")


def test_masking_that_was_killed_half_way_leaves_it_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = checked(sent())
    files.ask_to_mask(file=row, by=row.by, at=NOON)
    before = content(row)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checking, "look", dies)
        with pytest.raises(KeyboardInterrupt):
            files.check_file(file_id=row.pk, at=NOON)
    row.refresh_from_db()
    assert (row.state, row.masking, content(row)) == (FileState.QUARANTINE, True, before)
    assert checked(row).state == FileState.RELEASED


def test_releasing_as_it_is_takes_a_reason_that_stays() -> None:
    row = checked(sent())
    with pytest.raises(Refused, match="Say why"):
        files.release(file=row, by=person(Role.ENGINEER), at=NOON, why=" ")
    row = files.release(file=row, by=person(Role.ENGINEER), at=NOON, why="A test account's")
    assert row.state == FileState.RELEASED
    assert said(row)[-1] == (What.FILE_RELEASED, "app.log: A test account's")
    with pytest.raises(Refused, match="not held"):
        files.release(file=row, by=person(Role.ENGINEER), at=NOON, why="again")


def test_removing_deletes_the_content_for_good(folder: Path, django_capture_on_commit_callbacks: Any) -> None:
    row = checked(sent())
    with django_capture_on_commit_callbacks(execute=True):
        files.remove(file=row, by=row.by, at=NOON)
        files.remove(file=row, by=row.by, at=NOON)
    assert not on_disk(folder)
    assert said(row).count((What.FILE_REMOVED, "app.log")) == 1


def test_the_files_of_a_form_go_with_its_escalation_once() -> None:
    sam = person(Role.SUPPORT)
    draft = draft_for_files(key=uuid.uuid4(), at=NOON, person=sam)
    assert draft
    sent(by=sam, draft=draft)
    assert len(files_of_draft(draft.key, person=sam)) == 1
    assert files_of_draft(draft.key, person=person(Role.SUPPORT)) == ()
    row = escalation(reporter=sam)
    assert files.claim_files(draft=draft, escalation=row, by=sam, at=NOON) == 1
    assert files.claim_files(draft=draft, escalation=row, by=sam, at=NOON) == 0
    assert [each.name for each in files_of(row, sam, works=False)] == ["app.log"]
    assert files_of_draft(draft.key, person=sam) == ()


def test_what_nobody_will_ask_for_is_forgotten(folder: Path) -> None:
    sam = person(Role.SUPPORT)
    draft = draft_for_files(key=uuid.uuid4(), at=NOON, person=sam)
    kept, given_up = sent(by=sam), sent(by=sam, draft=draft)
    (folder / "escalations" / "aa").mkdir(exist_ok=True)
    (folder / "escalations" / "aa" / "orphan").write_bytes(b"left by a process that was killed")
    later = NOON + timedelta(days=3650)  # the files' own age is that of the disk
    IntakeDraft.objects.filter(pk=draft.pk).update(updated_at=NOON) if draft else None
    assert files.forget_files(at=later) == 2
    assert [path.name for path in on_disk(folder)] == [kept.stored.rsplit("/", 1)[1]]
    assert not EscalationFile.objects.filter(pk=given_up.pk).exists()


@pytest.mark.parametrize(("size", "text"), [
    (812, "812 B"), (1_500, "1.5 KB"), (2_100_000, "2.1 MB"), (48_000_000, "48 MB"),
])
def test_a_size_reads_as_people_say_it(size: int, text: str) -> None:
    assert size_text(size) == text


# ---- The door ----------------------------------------------------------------------


def test_the_door_takes_files_and_says_in_words_what_it_does_not_take(client: Client) -> None:
    row = escalation()
    client.force_login(asker(row))
    answer = client.post("/escalations/files/", {"escalation": row.pk, "files": [upload(), upload(b"", "no.log")]},
                         headers={"Accept": "application/json"})
    assert answer.status_code == 201
    assert [each["name"] for each in answer.json()["files"]] == ["app.log"]
    assert answer.json()["refused"] == ["no.log is empty."]
    only = client.post("/escalations/files/", {"escalation": row.pk, "files": [upload(b"", "no.log")]},
                       headers={"Accept": "application/json"})
    assert only.status_code == 422
    plain = client.post("/escalations/files/", {"escalation": row.pk, "files": [upload()]}, follow=True)
    assert "app.log came, and is being checked." in plain.content.decode()


def test_files_come_before_anything_was_typed_and_to_nobody_elses_form(client: Client) -> None:
    sam, key = person(Role.SUPPORT), uuid.uuid4()
    client.force_login(sam)
    assert client.post("/escalations/files/", {"draft": key, "files": [upload()]}).status_code == 302
    assert "app.log" in client.get(f"/escalations/files/?draft={key}").content.decode()
    client.force_login(person(Role.SUPPORT))
    assert client.post("/escalations/files/", {"draft": key, "files": [upload()]}).status_code == 404
    assert "app.log" not in client.get(f"/escalations/files/?draft={key}").content.decode()


@pytest.mark.parametrize("place", [
    {}, {"draft": "x"}, {"escalation": "x"}, {"escalation": "9" * 30}, {"escalation": "0"}, {"draft": "\x00"},
])
def test_a_place_that_there_is_not_is_not_found(client: Client, place: dict[str, str]) -> None:
    client.force_login(person(Role.SUPPORT))
    assert client.post("/escalations/files/", {**place, "files": [upload()]}).status_code == 404
    assert client.get("/escalations/files/", place).status_code == 404


def test_an_internal_file_is_for_those_who_work_on_it(client: Client) -> None:
    row, engineer = escalation(), person(Role.ENGINEER)
    client.force_login(engineer)
    notes = upload(b"notes", "notes.txt")
    client.post("/escalations/files/", {"escalation": row.pk, "internal": "1", "files": [notes]})
    file = checked(EscalationFile.objects.get())
    assert not file.public
    assert "notes.txt" in client.get(f"/escalations/files/?escalation={row.pk}").content.decode()
    client.force_login(asker(row))
    assert "notes.txt" not in client.get(f"/escalations/files/?escalation={row.pk}").content.decode()
    assert client.get(f"/escalations/files/{file.pk}/").status_code == 404


def test_what_was_found_is_for_the_sender_and_those_who_work_on_it(client: Client) -> None:
    row = escalation()
    file = checked(sent(to=row))
    for reader, told in ((asker(row), True), (person(Role.ENGINEER), True), (person(Role.VIEWER), False)):
        client.force_login(reader)
        page = client.get(f"/escalations/files/?escalation={row.pk}").content.decode()
        assert "app.log" in page
        assert ("GitHub token, line 2" in page) is told
        assert ("Mask and release" in page) is told
    client.force_login(person(Role.SUPPORT))
    assert client.post(f"/escalations/files/{file.pk}/mask/").status_code == 403


def test_the_buttons_do_what_they_say(client: Client) -> None:
    row = escalation()
    file = checked(sent(to=row))
    client.force_login(asker(row))
    refused = client.post(f"/escalations/files/{file.pk}/release/", headers={"HX-Request": "true"})
    assert "Say why" in refused["HX-Trigger"]
    masked = client.post(f"/escalations/files/{file.pk}/mask/", headers={"HX-Request": "true"})
    assert "Being masked" in masked.content.decode()
    assert checked(file).state == FileState.RELEASED
    assert client.post(f"/escalations/files/{file.pk}/remove/").status_code == 302
    file.refresh_from_db()
    assert file.state == FileState.REMOVED


def test_a_partners_form_has_the_door_behind_its_link(client: Client) -> None:
    at = clock.now()
    _, token = make_link(name="Partner Ltd", customer=None, ends_at=at + timedelta(days=3), by=person(Role.ENGINEER),
                         at=at)
    key, door = uuid.uuid4(), f"/escalations/form/{token}/files/"
    assert client.post(door, {"draft": key, "files": [upload()]}).status_code == 302
    file = checked(EscalationFile.objects.get())
    assert (file.by, file.by_name, file.state) == (None, "Partner Ltd", FileState.HELD)
    page = client.get(f"{door}?draft={key}").content.decode()
    assert "Mask and release" in page and "Release as it is" not in page and f"/files/{file.pk}/\"" not in page
    assert client.post("/escalations/form/guess/files/", {"draft": key, "files": [upload()]}).status_code == 404
    assert client.post(f"/escalations/form/guess/files/{file.pk}/mask/").status_code == 404
    assert client.post(f"{door}{file.pk}/mask/").status_code == 302
    assert checked(file).state == FileState.RELEASED
    assert client.post(f"{door}{file.pk}/remove/").status_code == 302
    assert client.post(f"{door}{sent().pk}/remove/").status_code == 404  # somebody else's


# ---- Leaving --------------------------------------------------------------------------


async def _got(reader: Person, pk: int) -> tuple[int, dict[str, str], bytes]:
    client = AsyncClient()
    await client.aforce_login(reader)
    answer: Any = await client.get(f"/escalations/files/{pk}/")
    body = b"".join([piece async for piece in answer]) if answer.streaming else b""
    return answer.status_code, dict(answer.headers), body


@pytest.mark.django_db(transaction=True)
def test_a_released_file_is_downloaded_in_pieces_and_never_shown() -> None:
    row = escalation()
    data = b"<script>alert(1)</script>\n" * 40_000
    file = checked(sent(data, "page.html", to=row))
    status, heads, body = asyncio.run(_got(asker(row), file.pk))
    assert (status, body) == (200, data)
    assert heads["Content-Type"] == "application/octet-stream"
    assert heads["Content-Disposition"].startswith("attachment;")
    assert heads["X-Content-Type-Options"] == "nosniff"
    assert heads["Content-Length"] == str(len(data))


@pytest.mark.parametrize("state", [FileState.QUARANTINE, FileState.HELD, FileState.REFUSED, FileState.REMOVED])
def test_what_is_not_released_is_not_there_even_for_its_sender(client: Client, state: FileState) -> None:
    row = sent()
    EscalationFile.objects.filter(pk=row.pk).update(state=state)
    client.force_login(sender(row))
    assert client.get(f"/escalations/files/{row.pk}/").status_code == 404


def test_whoever_does_not_see_the_escalation_does_not_see_its_files(client: Client) -> None:
    file = checked(sent(b"clean", to=escalation(confidential=True)))
    client.force_login(person(Role.ENGINEER))
    assert client.get(f"/escalations/files/{file.pk}/").status_code == 404
    client.force_login(person(Role.VIEWER))
    assert client.post(f"/escalations/files/{file.pk}/remove/").status_code == 403


def test_a_file_whose_content_is_gone_is_not_found(client: Client) -> None:
    file = checked(sent(b"clean"))
    default_storage.delete(file.stored)
    client.force_login(sender(file))
    assert client.get(f"/escalations/files/{file.pk}/").status_code == 404


def test_an_upload_is_read_from_any_place(tmp_path: Path) -> None:
    file = upload(LOG)
    file.seek(10)
    assert files.receive(upload=file, at=NOON, by=None, by_name="P", escalation=escalation()).size == len(LOG)
    assert io.BytesIO(LOG).read(5) == b"first"


# ---- On the way out --------------------------------------------------------------------


def test_who_raised_it_is_told_of_files_that_nobody_reads_yet() -> None:
    row, sam = escalation(), person(Role.SUPPORT)
    assert files_words(row) == ""
    one = sent(to=row, by=sam, name="mattermost.log")
    assert files_words(row) == "mattermost.log is still being checked: look under Files."
    checked(one)
    assert files_words(row) == "mattermost.log is held: mask it under Files."
    sent(b"all is well", to=row, by=sam, name="a.log")
    sent(b"all is well", to=row, by=sam, name="b.log")
    assert files_words(row).endswith("2 files are still being checked: look under Files.")


def test_a_partner_masks_or_removes_what_is_held_after_it_was_sent(client: Client) -> None:
    engineer = person(Role.ENGINEER)
    link, token = make_link(name="Contoso", customer=None, ends_at=clock.now() + timedelta(days=1), by=engineer,
                            at=clock.now())
    other = make_link(name="Other", customer=None, ends_at=clock.now() + timedelta(days=1), by=engineer, at=clock.now())
    key, door = uuid.uuid4(), f"/escalations/form/{token}"
    draft = draft_for_files(key=key, at=NOON, link=link)
    row = files.receive(upload=upload(), at=NOON, by=None, by_name=link.name, draft=draft)
    client.post(f"{door}/", {
        "submission": str(key), "reporter_name": "Ana", "reporter_email": "ana@contoso.example", "customer": "Vandelay",
        "level": "1", "title": "Nobody can post", "happened": "Each message fails.",
    })
    checked(row)
    row.refresh_from_db()
    assert (row.state, row.escalation is not None) == (FileState.HELD, True)
    thanks = client.get(f"{door}/thanks/?of={key}").content.decode()
    assert "app.log" in thanks
    assert f"{door}/files/{row.pk}/mask/?of={key}" in thanks
    assert "app.log" not in client.get(f"{door}/files/?draft={uuid.uuid4()}").content.decode()
    for url in (f"{door}/files/{row.pk}/mask/", f"{door}/files/{row.pk}/mask/?of={uuid.uuid4()}",
                f"/escalations/form/{other[1]}x/files/{row.pk}/mask/?of={key}"):
        assert client.post(url).status_code == 404
    assert client.post(f"{door}/files/{row.pk}/mask/?of={key}").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.masking) == (FileState.QUARANTINE, True)
    client.post(f"{door}/files/{row.pk}/remove/?of={key}")
    row.refresh_from_db()
    assert row.state == FileState.REMOVED


def test_a_partner_touches_no_file_of_ours_by_the_forms_key(client: Client) -> None:
    engineer = person(Role.ENGINEER)
    _, token = make_link(name="Contoso", customer=None, ends_at=clock.now() + timedelta(days=1), by=engineer,
                         at=clock.now())
    raised = escalation()
    mine = sent(to=raised, by=engineer)
    checked(mine)
    url = f"/escalations/form/{token}/files/{mine.pk}/mask/?of={raised.submission}"
    assert client.post(url).status_code == 404
    Escalation.objects.filter(pk=raised.pk).update(reporter=None)
    assert client.post(url).status_code == 404
