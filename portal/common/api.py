"""What every room's API shares: pages, the form of an error, and the statuses each operation declares."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Problem(serializers.Serializer[Any]):
    """Why a request was refused. `fields` names the faulty inputs where there are any."""

    detail = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]


class Schema(AutoSchema):
    """Declares, for every operation, the refusals that every operation can give."""

    REFUSALS = {
        "400": "A value in the request is wrong.",
        "401": "No sign-in or token, or it is no longer valid.",
        "403": "This person may not do this.",
        "404": "There is no such thing, or this person may not see it.",
        "429": "Too many requests; try again later.",
    }

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        # Here rather than among the serializers: an operation that names its own `responses` replaces those.
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, words in self.REFUSALS.items():
            if code not in bodies:
                told = OpenApiResponse(Problem, description=words)
                bodies[code] = self._get_response_for_code(told, code, direction=direction)  # type: ignore[no-untyped-call]
        return dict(sorted(bodies.items()))


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal in one form: `{"detail": ..., "fields": {...}}`."""
    response = exception_handler(error, context)
    if response is None:
        return None
    data = response.data
    if isinstance(data, dict) and set(data) <= {"detail", "code", "messages"}:
        response.data = {"detail": str(data.get("detail", "Refused."))}
    elif isinstance(data, dict):
        response.data = {"detail": "Some values are wrong.", "fields": {name: _words(data[name]) for name in data}}
    else:
        response.data = {"detail": " ".join(_words(data))}
    return response


def _words(told: object) -> list[str]:
    """The sentences of a refusal, those of something inside with its name before them. Half a sign, with which no
    answer can be written, is a question mark."""
    if isinstance(told, Mapping):
        return [f"{_whole(name)}: {word}" for name, inner in told.items() for word in _words(inner)]
    if isinstance(told, list | tuple):
        return [word for one in told for word in _words(one)]
    return [_whole(told)]


def _whole(word: object) -> str:
    return str(word).encode("utf-8", "replace").decode()
