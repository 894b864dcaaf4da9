"""What somebody types on a customer's private page."""

from django import forms

from people.forms import NormalEmailField


class FollowForm(forms.Form):
    """An address that wants the updates."""

    email = NormalEmailField(
        label="E-mail", max_length=254,
        error_messages={"required": "Type the address that should get the updates.",
                        "invalid": "That is no e-mail address: write one such as you@example.com."},
    )
