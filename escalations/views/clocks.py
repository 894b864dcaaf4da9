"""What is promised: read by everybody who raises escalations, edited by who leads them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from escalations.actions.base import Refused
from escalations.actions.matrix import current_matrix, write_matrix
from escalations.forms.clocks import MatrixForm
from escalations.models import ClockMatrix
from escalations.queries.matrix import changes_between, matrix_page
from escalations.rules.clocks.matrix import promises_to_json
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock


@require_safe
@needs(Right.RAISE_ESCALATIONS)
def clocks(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.RAISE_ESCALATIONS)
    page = matrix_page(request.GET.get("version", ""))
    context = {"page": page, "can_edit": may(person, Right.LEAD_ESCALATIONS), "now": clock.now()}
    return render(request, "escalations/clocks/matrix.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.LEAD_ESCALATIONS)
def clocks_edit(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.LEAD_ESCALATIONS), clock.now()
    matrix = current_matrix(at)
    saves = request.POST.get("step") == "save"
    form = MatrixForm(request.POST or None, matrix=matrix, checking=not saves)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, matrix)
    wanted = ClockMatrix(promises=promises_to_json(form.promises), lead_after=form.lead_after)
    changes = changes_between(matrix, wanted)
    if not saves:
        return _page(request, form, matrix, changes=changes, checked=True)
    saved = _saved(request, form, by)
    return saved or _page(request, form, current_matrix(at), changes=changes, meanwhile=_meanwhile(form, matrix))


def _saved(request: HttpRequest, form: MatrixForm, by: Person) -> HttpResponse | None:
    """The way on after saving; None when it was refused, which the form then says."""
    given = form.cleaned_data
    try:
        made = write_matrix(promises=form.promises, lead_after=form.lead_after, seen=given["seen"], note=given["note"],
                            by=by, at=clock.now())
    except Refused as refused:
        form.add_error(None, str(refused))
        return None
    messages.success(request, f"Version {made.number} holds for clocks that begin from now on.")
    return redirect("escalations:clocks")


def _meanwhile(form: MatrixForm, matrix: ClockMatrix) -> tuple[str, ...]:
    """What others changed since the form was opened; from now on it is seen, and saving again means it."""
    seen = ClockMatrix.objects.filter(number=form.cleaned_data["seen"]).first()
    form.data = {**{name: form.data.get(name) for name in form.data}, "seen": str(matrix.number)}
    return changes_between(seen, matrix) if seen else ()


def _page(
    request: HttpRequest, form: MatrixForm, matrix: ClockMatrix, *, changes: tuple[str, ...] = (),
    checked: bool = False, meanwhile: tuple[str, ...] = (),
) -> HttpResponse:
    context = {"form": form, "number": matrix.number, "changes": changes, "checked": checked, "meanwhile": meanwhile}
    status = 422 if form.errors else 200
    return render(request, "escalations/clocks/edit.html", context, status=status)
