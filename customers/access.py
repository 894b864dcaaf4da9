"""Who may what with a customer: the first line of every view of this room."""

from django.http import Http404, HttpRequest

from customers.models import Contact, Customer, CustomerImport
from customers.queries.find import by_slug
from people import access
from people.choices import Right
from people.models import Person
from people.queries import number


def found(request: HttpRequest, slug: str, right: Right = Right.SEE_CUSTOMERS) -> tuple[Person, Customer]:
    """Who asks, and the customer with this slug, now or formerly; a merged one as itself. 403 and 404 otherwise."""
    person = access.require(request, right)
    customer = by_slug(slug)
    if customer is None:
        raise Http404("There is no such customer.")
    return person, customer


def contact_of(customer: Customer, pk: int) -> Contact:
    """A contact of this customer, or 404."""
    contact = Contact.objects.filter(customer=customer, pk=number(pk)).select_related("customer").first()
    if contact is None:
        raise Http404("There is no such contact.")
    return contact


def file_found(pk: int) -> CustomerImport:
    """A file that was sent, or 404."""
    file = CustomerImport.objects.filter(pk=number(pk)).select_related("by").first()
    if file is None:
        raise Http404("There is no such file.")
    return file


def sees_money(person: Person) -> bool:
    """Whether amounts are for this person's eyes."""
    return access.may(person, Right.SEE_MONEY)


def may_edit(person: Person) -> bool:
    """Whether this person edits customers."""
    return access.may(person, Right.EDIT_CUSTOMERS)
