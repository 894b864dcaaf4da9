"""A customer's page, and what changes the customer itself."""

from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import access
from customers.actions import customers
from customers.actions.base import Refused
from customers.forms import AliasForm, CustomerForm, HolidayForm
from customers.models import Customer
from customers.queries.find import remaining, search
from customers.queries.page import customer_page
from people.access import needs, require
from people.choices import Right
from people.queries import number
from portal.common import clock
from portal.common.answers import told
from portal.flows.customers import merge_customers

OFFERED = 12


@require_safe
@needs(Right.SEE_CUSTOMERS)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    _, customer = access.found(request, slug)
    left = remaining(customer)
    if left.slug != slug:
        return redirect("customers:customer", left.slug)
    return draw(request, customer)


def draw(
    request: HttpRequest, customer: Customer, *, alias: Form | None = None, holiday: Form | None = None
) -> HttpResponse:
    """The page; with a form that could not be done, as 422."""
    person, at = require(request, Right.SEE_CUSTOMERS), clock.now()
    context = {
        "customer": customer_page(customer, sees_money=access.sees_money(person), at=at), "now": at,
        "can_edit": access.may_edit(person), "alias_form": alias or AliasForm(prefix="alias"),
        "holiday_form": holiday or HolidayForm(prefix="holiday"),
    }
    return render(request, "customers/customer.html", context, status=422 if alias or holiday else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def new(request: HttpRequest) -> HttpResponse:
    by = require(request, Right.EDIT_CUSTOMERS)
    form = CustomerForm(posted(request), sees_money=access.sees_money(by), name=request.GET.get("name", "")[:120])
    if request.method == "POST" and form.is_valid():
        try:
            made = customers.add_customer(
                name=form.cleaned_data["name"], changes=form.changes, by=by, at=clock.now()
            )
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            return told(request, f"{made.name} is a customer now.", tone="green", to=of(made))
    return draw_form(request, form, title="New customer", back=reverse("customers:list"))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    left = remaining(customer)
    if request.method != "POST" and left.slug != slug:
        return redirect("customers:edit", left.slug)
    form = CustomerForm(posted(request), sees_money=access.sees_money(by), customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            saved = customers.change_customer(
                customer=customer, name=form.cleaned_data["name"], changes=form.changes, by=by, at=clock.now()
            )
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            return told(request, f"{saved.name} is saved.", tone="green", to=of(saved))
    return draw_form(request, form, title=customer.name, back=of(customer))


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    try:
        done = customers.confirm(customer=customer, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=of(customer))
    return told(request, f"{done.name} is confirmed.", tone="green", to=of(done))


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def set_aside(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    try:
        done = customers.archive(customer=customer, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=of(customer))
    undo = reverse("customers:bring_back", args=[done.slug])
    return told(request, f"{done.name} is set aside.", to=of(done), undo=undo)


@require_POST
@needs(Right.EDIT_CUSTOMERS)
def bring_back(request: HttpRequest, slug: str) -> HttpResponse:
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    try:
        done = customers.bring_back(customer=customer, by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=of(customer))
    return told(request, f"{done.name} is back.", tone="green", to=of(done))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
def merge(request: HttpRequest, slug: str) -> HttpResponse:
    """First a search for the one that remains, then, posted with `into`, it is done."""
    by, customer = access.found(request, slug, Right.EDIT_CUSTOMERS)
    if request.method == "POST":
        into = get_object_or_404(Customer, pk=number(request.POST.get("into")))
        try:
            left = merge_customers(customer=customer, into=into, by=by, at=clock.now())
        except Refused as refusal:
            return told(request, str(refusal), tone="red", to=of(customer))
        return told(request, f"{customer.name} is merged into {left.name}.", tone="green", to=of(left))
    if customer.merged_into is not None:
        return redirect(of(remaining(customer)))
    words = request.GET.get("q", customer.name.partition(" ")[0])[:100]
    offered = [one for one in search(words, OFFERED + 1) if one.id != customer.pk][:OFFERED]
    return render(request, "customers/merge.html", {"customer": customer, "q": words, "offered": offered})


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent; an empty form that was sent is sent all the same."""
    return request.POST if request.method == "POST" else None


def of(customer: Customer) -> str:
    """The customer's page."""
    return reverse("customers:customer", args=[customer.slug])


def draw_form(request: HttpRequest, form: Form, *, title: str, back: str) -> HttpResponse:
    """A form on a page of its own; what was posted and stands there again is faulty (422)."""
    context = {"form": form, "title": title, "back": back}
    return render(request, "customers/form.html", context, status=422 if request.method == "POST" else 200)
