"""Other names, holidays and contacts of a customer."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from customers import access
from customers.actions import around
from customers.actions.base import Refused
from customers.forms import AliasForm, ContactForm, HolidayForm
from customers.models import Customer
from customers.views.customer import draw, draw_form, of, posted
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.common.answers import told


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def alias_add(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    form = AliasForm(_posted(request, "alias", "name"), prefix="alias")
    if form.is_valid():
        try:
            around.add_alias(customer=customer, name=form.cleaned_data["name"], by=by, at=clock.now())
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            return told(request, f"{customer.name} is found as {form.cleaned_data['name']} too.", tone="green",
                        to=of(customer))
    return draw(request, customer, alias=form)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def alias_remove(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    name = request.POST.get("name", "")[:200].replace("\x00", "")
    undo = reverse("customers:alias_add", args=[slug]) + "?" + urlencode({"alias-name": name})
    return _done(request, customer, lambda: around.remove_alias(customer=customer, name=name, by=by, at=clock.now()),
                 f"{customer.name} is no longer found as {name}.", undo)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def holiday_add(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    form = HolidayForm(_posted(request, "holiday", "day", "name"), prefix="holiday")
    if form.is_valid():
        try:
            made = around.add_holiday(customer=customer, **form.cleaned_data, by=by, at=clock.now())
        except Refused as refusal:
            form.add_error("day", str(refusal))
        else:
            return told(request, f"Their office is shut on {_words(made.day)}.", tone="green", to=of(customer))
    return draw(request, customer, holiday=form)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def holiday_remove(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    form = HolidayForm({"holiday-day": request.POST.get("day", "")}, prefix="holiday")
    if not form.is_valid():
        return told(request, "There is no such day.", tone="red", to=of(customer))
    day = form.cleaned_data["day"]
    try:
        name = around.remove_holiday(customer=customer, day=day, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=of(customer))
    undo = reverse("customers:holiday_add", args=[slug])
    undo += "?" + urlencode({"holiday-day": day.isoformat(), "holiday-name": name or ""})
    return told(request, f"{_words(day)} is a working day of theirs.", to=of(customer),
                undo=undo if name is not None else "")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def contact_new(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    form = ContactForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = around.add_contact(customer=customer, **form.cleaned_data, by=by, at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return told(request, f"{made.name} is a contact of {customer.name} now.", tone="green", to=of(customer))
    return draw_form(request, form, title=f"New contact at {customer.name}", back=of(customer))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def contact(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    shown = access.contact_of(customer, pk)
    form = ContactForm(posted(request), contact=shown)
    if request.method == "POST" and form.is_valid():
        try:
            saved = around.change_contact(contact=shown, **form.cleaned_data, by=by, at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return told(request, f"{saved.name} is saved.", tone="green", to=of(customer))
    return draw_form(request, form, title=f"{shown.name} at {customer.name}", back=of(customer))


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def contact_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    shown = access.contact_of(customer, pk)
    undo = reverse("customers:contact_back", args=[slug, pk])
    return _done(request, customer, lambda: around.remove_contact(contact=shown, by=by, at=clock.now()),
                 f"{shown.name} is no longer a contact.", undo)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def contact_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    shown = access.contact_of(customer, pk)
    return _done(request, customer, lambda: around.bring_back_contact(contact=shown, by=by, at=clock.now()),
                 f"{shown.name} is a contact again.", "")


def _done(
    request: HttpRequest, customer: Customer, work: Callable[[], object], words: str, undo: str
) -> HttpResponse:
    try:
        work()
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=of(customer))
    return told(request, words, to=of(customer), undo=undo)


def _posted(request: HttpRequest, prefix: str, *fields: str) -> dict[str, str]:
    """What a form sent; an Undo has nothing to send, and says it in its address."""
    keys = [f"{prefix}-{field}" for field in fields]
    return {key: request.POST.get(key, request.GET.get(key, "")) for key in keys}


def _words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
