"""Who may do what. Every view, API and fragment asks here, by the right, never by the role."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from people import queries, rules
from people.choices import Right, Role
from people.models import Person
from portal.common import clock

View = TypeVar("View", bound=Callable[..., Any])


def roles(person: Person) -> frozenset[Role]:
    """The person's roles at the moment they were loaded for this request, acting ones included."""
    if getattr(person, "role_names", None) is None:
        person.role_names = sorted(queries.held_roles(person))
        person.acting_names = sorted(queries.acting_roles(person, clock.now()))
    return rules.roles_from([*person.role_names, *person.acting_names])


def may(person: Person | AnonymousUser, right: Right) -> bool:
    """Whether the person has the right now. Someone signed out or deactivated has none."""
    return isinstance(person, Person) and person.is_active and right in rules.rights_of(roles(person))


def require(request: HttpRequest, right: Right) -> Person:
    """The signed-in person, if they have the right. Raises PermissionDenied (403) otherwise."""
    person = request.user
    if not isinstance(person, Person) or not may(person, right):
        raise PermissionDenied(f"This needs the right: {right.label}.")
    return person


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The way to the sign-in page and back. htmx is told to leave the page, or it would swap the form into it."""
    htmx = HtmxDetails(request)
    if not htmx:
        return redirect_to_login(request.get_full_path())
    response = HttpResponse(status=401)
    try:
        came_from = htmx.current_url_abs_path or "/"
    except ValueError:  # an address that is none: `http://[`
        came_from = "/"
    response["HX-Redirect"] = redirect_to_login(came_from)["Location"]
    return response


def needs(right: Right) -> Callable[[View], View]:
    """Puts a view behind a right: signed out goes to sign in, without the right gets 403."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            require(request, right)
            response: HttpResponseBase = view(request, *args, **kwargs)
            return response

        return cast("View", inner)

    return wrap


class HasRight(BasePermission):
    """For the API: the view names its right as `right`; without one it is the right to see tickets."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        right: Right = getattr(view, "right", Right.SEE_TICKETS)
        return may(cast("Any", request.user), right)
