"""Customers from a file: looked at first, then applied whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import access
from customers.actions import imports
from customers.actions.base import Refused
from customers.forms import FileForm
from customers.models import CustomerImport
from customers.queries.imports import past_imports, plan
from customers.rules import imports as reading
from customers.rules.imports import COLUMNS
from customers.rules.imports.table import MOST_BYTES, MOST_ROWS
from customers.views.listing import as_file
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told

SHOWN = 200  # changes, and faults, that a page shows


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def upload(request: HttpRequest) -> HttpResponse:
    by = require(request, Right.EDIT_CUSTOMERS)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            # One byte more than is allowed is enough to say that it is too much.
            raw = sent.read(MOST_BYTES + 1)
            kept = imports.keep_file(name=sent.name, raw=raw, by=by, at=clock.now())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("customers:import_trial", kept.pk)
    sees = access.sees_money(by)
    context = {
        "form": form, "columns": [one for one in COLUMNS if sees or one.key != "arr"], "past": past_imports(),
        "most_rows": f"{MOST_ROWS:,}", "most_mb": MOST_BYTES // 1_000_000,
    }
    return render(request, "customers/import.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@needs(Right.EDIT_CUSTOMERS)
def sample(request: HttpRequest) -> HttpResponse:
    by = require(request, Right.EDIT_CUSTOMERS)
    return as_file(reading.sample(sees_money=access.sees_money(by)), "customers-sample.csv")


@require_safe
@needs(Right.EDIT_CUSTOMERS)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would do, now."""
    by = require(request, Right.EDIT_CUSTOMERS)
    return _trial(request, access.file_found(pk), by)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    by = require(request, Right.EDIT_CUSTOMERS)
    file = access.file_found(pk)
    try:
        done = imports.apply_file(
            file=file, shown=request.POST.get("plan", ""), sees_money=access.sees_money(by), by=by, at=clock.now()
        )
    except Refused as refusal:
        return _trial(request, file, by, refusal=str(refusal), status=409)
    words = f"{done.added} added, {done.changed} changed, {done.unchanged} as they were."
    return told(request, words, tone="green", to=reverse("customers:list"))


def _trial(
    request: HttpRequest, file: CustomerImport, by: Person, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    found = plan(file.text, sees_money=access.sees_money(by))
    context = {
        "file": file, "plan": found, "refusal": refusal, "shown": SHOWN, "now": clock.now(),
        "added": found.added[:SHOWN], "changed": found.changed[:SHOWN], "faults": found.faults[:SHOWN],
    }
    return render(request, "customers/import_trial.html", context, status=status)
