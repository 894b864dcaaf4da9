"""Evidence of an incident: files that are looked through, links, words."""

from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from escalations.actions.files import check_file, forget_files
from escalations.choices import FileState
from escalations.models import EscalationFile
from incidents.actions import evidence as verbs
from incidents.actions.base import Refused
from incidents.actions.evidence import Given
from incidents.actions.roles import set_private
from incidents.choices import EvidenceKind, What
from incidents.models import Evidence, Incident, IncidentEvent
from incidents.queries.playbook import playbook_of
from incidents.rules.evidence import kind_of, title_of
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock, jobs
from portal.flows.incidents.evidence import file_checked

pytestmark = pytest.mark.django_db
NIGHT = factories.NIGHT
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
SECRET = b"time=1 level=info msg=ok\npassword=hunter2hunter2\n"


@pytest.fixture(autouse=True)
def _stored(own_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "queue", lambda *args, **more: None)


def door(row: Incident, more: str = "") -> str:
    return f"/incidents/I-{row.pk}/evidence/{more}"


def sent(client: Client, row: Incident, name: str, content: bytes, **more: str) -> Evidence:
    file = SimpleUploadedFile(name, content)
    assert client.post(door(row), {"files": file, **more}, headers={"Accept": "application/json"}).status_code == 201
    return Evidence.objects.latest("pk")


@pytest.fixture
def engineer(client: Client) -> Person:
    person = people.person(Role.ENGINEER)
    client.force_login(person)
    return person


@pytest.mark.parametrize(("name", "kind"), [
    ("grafana-db-calls.PNG", EvidenceKind.SCREENSHOT), ("mattermost_support_packet_2026.zip", EvidenceKind.BUNDLE),
    ("postgresql-slow.log", EvidenceKind.SLOW_QUERIES), ("cpu.pprof", EvidenceKind.PROFILE),
    ("config.json", EvidenceKind.CONFIGURATION), ("mattermost.log", EvidenceKind.LOG), ("notes", EvidenceKind.OTHER),
])
def test_a_file_is_what_its_name_says(name: str, kind: EvidenceKind) -> None:
    assert kind_of(name) == kind


def test_a_link_is_called_after_its_place_and_words_after_their_first_line() -> None:
    assert title_of(url="https://grafana.example.com/d/1", text="") == "grafana.example.com/d/1"
    assert title_of(url="", text="\n 97 % CPU \nmore") == "97 % CPU"


def test_a_file_hangs_on_its_step_is_looked_through_and_can_be_downloaded(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "bundle.zip", b"plain words, and nothing else", step="bundle")
    assert (made.kind, made.step and made.step.key) == (EvidenceKind.BUNDLE, "bundle")
    assert sent(client, row, "page.png", b"words", step="bundle").kind == EvidenceKind.SCREENSHOT
    assert client.get(door(row, f"{made.pk}/file/")).status_code == 404
    assert check_file(file_id=made.file_id or 0, at=NIGHT)
    answer = client.get(door(row, f"{made.pk}/file/"))
    assert answer["Content-Disposition"] == 'attachment; filename="bundle.zip"'
    line = next(step for stage in playbook_of(row, works=True, at=NIGHT).stages for step in stage.steps
                if step.row.key == "bundle")
    assert line.attached == 2


def test_a_picture_is_looked_at_in_place_as_a_picture_and_as_nothing_else(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "grafana.png", PNG)
    path = door(row, f"{made.pk}/picture/")
    assert client.get(path).status_code == 404  # nobody has looked through it yet
    check_file(file_id=made.file_id or 0, at=NIGHT)
    assert f'src="{path}"' in client.get(door(row)).content.decode()
    answer = client.get(path)
    assert [answer[name] for name in (
        "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control",
    )] == ["image/png", 'inline; filename="grafana.png"', "nosniff", "default-src 'none'; sandbox", "private, no-store"]
    for name, content in (("page.png", b"<script>alert(1)</script>"), ("drawing.svg", b"<svg onload='x()'></svg>")):
        other = sent(client, row, name, content)
        check_file(file_id=other.file_id or 0, at=NIGHT)
        assert client.get(door(row, f"{other.pk}/picture/")).status_code == 404
        assert f"{other.pk}/picture/" not in client.get(door(row)).content.decode()
    client.force_login(people.person(Role.VIEWER))
    assert client.get(path).status_code == 403
    assert "/picture/" not in client.get(door(row)).content.decode()


def test_what_a_piece_is_can_be_chosen_and_changed_later(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "postgresql.log", b"duration: 9000 ms", kind="slow_queries", pinned="on")
    assert (made.kind, made.pinned) == (EvidenceKind.SLOW_QUERIES, True)
    for kind in ("log", "log"):
        client.post(door(row, f"{made.pk}/"), {"do": "kind", "kind": kind})
    client.post(door(row, f"{made.pk}/"), {"do": "kind", "kind": "nonsense"})
    made.refresh_from_db()
    assert made.kind == EvidenceKind.LOG
    lines = IncidentEvent.objects.filter(incident=row, what=What.EVIDENCE, to_value__contains="not ")
    assert [line.to_value for line in lines] == ["Log, not slow query log: postgresql.log"]
    verbs.take_off(evidence=made, by=engineer, at=NIGHT)
    assert not IncidentEvent.objects.filter(incident=row, to_value__contains="postgresql.log").exists()


def test_done_on_a_step_of_evidence_says_where_nothing_is_attached(client: Client, engineer: Person) -> None:
    row = factories.incident()
    sent(client, row, "bundle.zip", b"plain words, and nothing else", step="bundle")
    for key, bare in (("bundle", False), ("slow-queries", True), ("pin", False)):
        answer = client.post(f"/incidents/I-{row.pk}/steps/{key}/done/", headers={"HX-Request": "true"})
        assert ("Nothing is attached" in answer["HX-Trigger"]) is bare


def test_a_file_with_a_secret_is_held_and_that_is_told_once(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "mattermost.log", SECRET)
    assert check_file(file_id=made.file_id or 0, at=NIGHT)
    for _ in range(2):
        file_checked(file_id=made.file_id or 0, at=NIGHT)
    told = IncidentEvent.objects.filter(incident=row, to_value__contains="held until")
    assert told.count() == 1
    assert client.get(door(row, f"{made.pk}/file/")).status_code == 404
    assert b"may be read as it is" in client.get(door(row)).content
    client.post(door(row, f"{made.pk}/"), {"do": "release", "why": "a test account's"})
    assert client.get(door(row, f"{made.pk}/file/")).status_code == 200


def test_who_only_reads_sees_that_it_is_there_and_downloads_nothing(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "bundle.zip", b"plain words, and nothing else")
    check_file(file_id=made.file_id or 0, at=NIGHT)
    client.force_login(people.person(Role.VIEWER))
    page = client.get(door(row)).content
    assert b"bundle.zip" in page
    assert b"/file/" not in page
    assert client.get(door(row, f"{made.pk}/file/")).status_code == 403
    assert client.post(door(row), {"text": "x"}).status_code == 403


def test_evidence_of_a_private_incident_is_for_its_people_alone(client: Client, engineer: Person) -> None:
    row = factories.incident(private=True, commander=engineer)
    made = sent(client, row, "bundle.zip", b"plain words, and nothing else")
    check_file(file_id=made.file_id or 0, at=NIGHT)
    assert client.get(door(row, f"{made.pk}/file/")).status_code == 200
    client.force_login(people.person(Role.ENGINEER))
    for path in ("", f"{made.pk}/file/"):
        assert client.get(door(row, path)).status_code == 404
    assert client.get(f"/escalations/files/{made.file_id}/").status_code == 404


def test_the_clean_up_keeps_evidence_and_takes_what_hangs_on_nothing(client: Client, engineer: Person) -> None:
    row = factories.incident()
    kept, lost = sent(client, row, "a.log", b"words"), sent(client, row, "b.log", b"words")
    lost_file = lost.file_id
    lost.delete()
    forget_files(at=clock.now() + timedelta(days=40))
    left = EscalationFile.objects.values_list("pk", flat=True)
    assert kept.file_id in left
    assert lost_file not in left


def test_a_link_is_taken_and_one_that_runs_a_script_is_not(client: Client, engineer: Person) -> None:
    row = factories.incident()
    client.post(door(row), {"url": "https://grafana.example.com/d/1", "pinned": "on"})
    made = Evidence.objects.get(incident=row)
    assert (made.kind, made.pinned) == (EvidenceKind.LINK, True)
    client.post(door(row), {"url": "javascript:alert(1)"})
    assert Evidence.objects.filter(incident=row).count() == 1
    with pytest.raises(Refused, match="Choose a file"):
        verbs.attach(incident=row, given=Given(), by=engineer, at=NIGHT)


def test_secrets_in_words_are_masked(engineer: Person) -> None:
    given = Given(text="password=hunter2hunter2")
    made = verbs.attach(incident=factories.incident(), given=given, by=engineer, at=NIGHT)
    assert "hunter2" not in made.text + made.title
    assert not IncidentEvent.objects.filter(to_value__contains="hunter2").exists()


def test_what_was_taken_off_can_be_brought_back_unless_it_is_a_file(client: Client, engineer: Person) -> None:
    row = factories.incident()
    words = verbs.attach(incident=row, given=Given(text="97 % CPU"), by=engineer, at=NIGHT)
    file = sent(client, row, "a.log", b"words")
    verbs.take_off(evidence=words, by=engineer, at=NIGHT)
    verbs.bring_back(evidence=words, by=engineer, at=NIGHT)
    assert Evidence.objects.get(pk=words.pk).removed_at is None
    verbs.take_off(evidence=file, by=engineer, at=NIGHT)
    assert EscalationFile.objects.get(evidence=file).state == FileState.REMOVED
    with pytest.raises(Refused, match="cannot be brought back"):
        verbs.bring_back(evidence=file, by=engineer, at=NIGHT)
    assert IncidentEvent.objects.filter(incident=row, what=What.EVIDENCE_REMOVED).count() == 2


def test_words_that_were_taken_off_stand_on_no_line_any_more_and_come_back_with_them(engineer: Person) -> None:
    row = factories.incident()
    given = Given(text="The root password is on the wall\nin room 12", url="https://wall.example/12", pinned=True)
    made = verbs.attach(incident=row, given=given, by=engineer, at=NIGHT)
    verbs.pin(evidence=made, pinned=False, by=engineer, at=NIGHT)

    def said() -> str:
        lines = IncidentEvent.objects.filter(incident=row, what__in=(What.EVIDENCE, What.EVIDENCE_REMOVED))
        return "\n".join(f"{one.to_value} {one.text} {one.url} {one.pinned}" for one in lines)

    before = IncidentEvent.objects.filter(incident=row).count()
    assert "room 12" in said() and "wall.example" in said()
    verbs.take_off(evidence=made, by=engineer, at=NIGHT)
    for secret in ("password", "room 12", "wall.example", "True"):
        assert secret not in said(), secret
    assert IncidentEvent.objects.filter(incident=row).count() == before + 1  # the lines stay, and one more
    verbs.bring_back(evidence=made, by=engineer, at=NIGHT)
    assert "room 12" in said() and "https://wall.example/12" in said()


def test_the_name_of_a_file_that_was_taken_off_goes_too(client: Client, engineer: Person) -> None:
    row = factories.incident()
    made = sent(client, row, "northwind-passwords.log", SECRET)
    check_file(file_id=made.file_id or 0, at=NIGHT)
    file_checked(file_id=made.file_id or 0, at=NIGHT)
    assert IncidentEvent.objects.filter(incident=row, to_value__contains="northwind-passwords").count() == 2
    verbs.take_off(evidence=made, by=engineer, at=NIGHT)
    assert not IncidentEvent.objects.filter(incident=row, to_value__contains="northwind-passwords").exists()


def test_whoever_no_longer_sees_a_private_incident_is_told_nothing_of_their_file(
    client: Client, engineer: Person
) -> None:
    row = factories.incident()
    made = sent(client, row, "mattermost.log", SECRET)
    set_private(incident=row, private=True, by=people.person(Role.LEAD), at=NIGHT)
    check_file(file_id=made.file_id or 0, at=NIGHT)
    file_checked(file_id=made.file_id or 0, at=NIGHT)
    assert not Delivery.objects.filter(key__startswith=f"evidence-{made.pk}").exists()
