"""`manage.py create_person`: the first person, and anybody else without the pages."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from people import actions, queries
from people.choices import Role
from portal.common import clock


class Command(BaseCommand):
    help = "Add a person. Prints an invitation link, unless the password is given on standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role", required=True, action="append", choices=Role.values, help="may be given several times"
        )
        parser.add_argument(
            "--password-from-stdin", action="store_true", help="read the password from the first line of stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at, roles = clock.now(), [Role(role) for role in options["role"]]
        who = {"email": options["email"], "name": options["name"]}
        try:
            if options["password_from_stdin"]:
                actions.create_person(**who, roles=roles, at=at, password=_password_from(sys.stdin.readline()))
                self.stdout.write(f"{options['email']} can sign in at {settings.PORTAL_BASE_URL}.")
                return
            invitation = actions.invite(**who, roles=roles, at=at, by=None)
        except actions.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        link = reverse("people:invited", args=[queries.invitation_token(invitation)])
        self.stdout.write("Open this link within seven days to choose a password:")
        self.stdout.write(settings.PORTAL_BASE_URL + link)


def _password_from(line: str) -> str:
    password = line.rstrip("\r\n")
    try:
        validate_password(password)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
