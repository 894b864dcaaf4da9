"""The addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from incidents.views import evidence, listing, page, playbook, promises, steps, timeline

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/", listing.listing, name="list"),
    path("incidents/I-<int:number>/", page.incident, name="incident"),
    path("incidents/I-<int:number>/live/", page.incident_live, name="live"),
    path("incidents/I-<int:number>/note/", timeline.note, name="note"),
    path("incidents/I-<int:number>/entries/<int:pk>/", timeline.line, name="line"),
    path("incidents/I-<int:number>/entries/<int:pk>/back/", timeline.note_back, name="note_back"),
    path("incidents/I-<int:number>/entries/<int:pk>/pin/", timeline.pin, name="pin"),
    path("incidents/I-<int:number>/due/", promises.due, name="due"),
    path("incidents/I-<int:number>/promise/", promises.promise, name="promise"),
    path("incidents/I-<int:number>/playbook/", playbook.playbook, name="playbook_of"),
    path("incidents/I-<int:number>/steps/<slug:key>/", steps.step, name="step"),
    path("incidents/I-<int:number>/steps/<slug:key>/done/", playbook.done, name="step_done"),
    path("incidents/I-<int:number>/steps/<slug:key>/skip/", playbook.skip, name="step_skip"),
    path("incidents/I-<int:number>/steps/<slug:key>/open/", playbook.reopen, name="step_open"),
    path("incidents/I-<int:number>/stages/<int:pk>/", playbook.stage, name="stage"),
    path("incidents/I-<int:number>/evidence/", evidence.evidence, name="evidence"),
    path("incidents/I-<int:number>/evidence/<int:pk>/", evidence.change, name="evidence_do"),
    path("incidents/I-<int:number>/evidence/<int:pk>/restore/", evidence.restore, name="evidence_restore"),
    path("incidents/I-<int:number>/evidence/<int:pk>/file/", evidence.download, name="evidence_file"),
]
