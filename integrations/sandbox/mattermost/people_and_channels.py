"""Endpoints of users, teams and channels."""

import re

from integrations.sandbox.mattermost.store import Doc
from integrations.sandbox.mattermost.web import Call, ChatError, bad, missing

HEADER_LIMIT, PURPOSE_LIMIT = 1024, 250
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def me(call: Call) -> Doc:
    """GET users/me."""
    return call.me


def user(call: Call) -> Doc:
    """GET users/{id}."""
    return call.get("user")


def user_by_name(call: Call) -> Doc:
    """GET users/username/{name}."""
    return _user(call, "username", call.path("name"))


def user_by_email(call: Call) -> Doc:
    """GET users/email/{email}."""
    return _user(call, "email", call.path("name"))


def _user(call: Call, field: str, value: str) -> Doc:
    found = call.store.find("user", field, value)
    if found is None:
        raise missing("user")
    return found


def users_by_names(call: Call) -> list[Doc]:
    """POST users/usernames."""
    wanted = set(call.strings())
    return [doc for doc in call.store.docs["user"].values() if doc["username"] in wanted]


def users_by_ids(call: Call) -> list[Doc]:
    """POST users/ids."""
    wanted = set(call.strings())
    return [doc for doc in call.store.docs["user"].values() if doc["id"] in wanted]


def users(call: Call) -> list[Doc]:
    """GET users."""
    size = min(call.number("per_page", 60), 200)
    start = call.number("page", 0) * size
    return list(call.store.docs["user"].values())[start : start + size]


def teams(call: Call) -> list[Doc]:
    """GET teams and users/{id}/teams."""
    return list(call.store.docs["team"].values())


def team(call: Call) -> Doc:
    """GET teams/{id}."""
    return call.get("team")


def team_by_name(call: Call) -> Doc:
    """GET teams/name/{name}."""
    found = call.store.find("team", "name", call.path("name"))
    if found is None:
        raise missing("team")
    return found


def channel(call: Call) -> Doc:
    """GET channels/{id}."""
    return call.get("channel")


def team_channels(call: Call) -> list[Doc]:
    """GET teams/{id}/channels: the public ones."""
    wanted = call.get("team")["id"]
    return [
        doc for doc in call.store.docs["channel"].values()
        if doc["team_id"] == wanted and doc["type"] == "O" and not doc["delete_at"]
    ]  # fmt: skip


def channel_by_name(call: Call) -> Doc:
    """GET teams/{id}/channels/name/{name} and teams/name/{team}/channels/name/{name}."""
    given = call.request.path_params
    found_team = call.get("team") if "team" in given else call.store.find("team", "name", given["team_name"])
    hidden = call.request.query_params.get("include_deleted") == "true"
    for doc in call.store.docs["channel"].values():
        fits = found_team is not None and doc["team_id"] == found_team["id"]
        if fits and doc["name"] == given["name"] and (hidden or not doc["delete_at"]):
            return doc
    raise missing("channel")


def create_channel(call: Call) -> Doc:
    """POST channels."""
    body = call.object()
    if body.get("team_id") not in call.store.docs["team"]:
        raise bad("team_id")
    name, kind = str(body.get("name", "")), body.get("type")
    if not NAME.fullmatch(name):
        raise ChatError(
            400, "model.channel.is_valid.1_or_more.app_error", "Name must be lower case letters, digits, - or _."
        )
    if kind not in ("O", "P"):
        raise bad("type")
    if not 1 <= len(str(body.get("display_name", ""))) <= 64:
        raise bad("display_name")
    _check_texts(body)
    if call.store.find("channel", "name", name):
        raise ChatError(
            400,
            "store.sql_channel.save_channel.exists.app_error",
            "A channel with that name already exists on the same team.",
        )
    made = call.store.new_channel(
        body["team_id"], name, body["display_name"], kind, header=body.get("header", ""),
        purpose=body.get("purpose", ""), creator=call.me["id"],
    )  # fmt: skip
    call.store.join(made["id"], call.me["id"])
    return made


def direct_channel(call: Call) -> Doc:
    """POST channels/direct: the same two people always share one channel."""
    ids = call.strings()
    if len(ids) != 2 or any(one not in call.store.docs["user"] for one in ids):
        raise bad("user_ids")
    found = call.store.direct(*ids)
    if found is None:
        name = "__".join(sorted(ids))
        found = call.store.new_channel("", name, "", "D", creator=call.me["id"])
        for one in ids:
            call.store.join(found["id"], one)
    return found


def _check_texts(body: Doc) -> None:
    if len(str(body.get("header") or "")) > HEADER_LIMIT:
        raise ChatError(400, "model.channel.is_valid.header.app_error", "Invalid header.")
    if len(str(body.get("purpose") or "")) > PURPOSE_LIMIT:
        raise ChatError(400, "model.channel.is_valid.purpose.app_error", "Invalid purpose.")


def patch_channel(call: Call) -> Doc:
    """PUT channels/{id}/patch and PUT channels/{id}: a changed header is told in the channel."""
    store, found, body = call.store, call.get("channel"), call.object()
    if found["delete_at"]:
        raise ChatError(
            400, "api.channel.update_channel.deleted.app_error", "The channel has been archived or deleted."
        )
    _check_texts(body)
    old_header, old_name = found["header"], found["display_name"]
    for name in ("header", "purpose", "display_name", "name"):
        if isinstance(body.get(name), str):
            found[name] = body[name]
    found["update_at"] = store.tick()
    store.save("channel", found["id"], found)
    username = call.me["username"]
    if found["header"] != old_header:
        props = {"username": username, "old_header": old_header, "new_header": found["header"]}
        text = f"@{username} updated the channel header to: {found['header']}"
        if not found["header"]:
            text = f"@{username} removed the channel header (was: {old_header})"
        elif old_header:
            text = f"@{username} updated the channel header from: {old_header} to: {found['header']}"
        store.system_post(found, call.me["id"], "system_header_change", text, props)
    if found["display_name"] != old_name:
        text = f"@{username} updated the channel display name from: {old_name} to: {found['display_name']}"
        store.system_post(found, call.me["id"], "system_displayname_change", text, {"username": username})
    return found


def archive_channel(call: Call) -> Doc:
    """DELETE channels/{id}; with `permanent` it is gone with all that was said there."""
    store, found = call.store, call.get("channel")
    if found["name"] == "town-square":
        raise ChatError(400, "api.channel.delete_channel.cannot.app_error", "Unable to delete the default channel.")
    if call.request.query_params.get("permanent") == "true":
        store.forget_channel(found["id"])
        return {"status": "OK"}
    store.system_post(
        found, call.me["id"], "system_channel_deleted", f"@{call.me['username']} archived the channel.", {}
    )
    found["delete_at"] = found["update_at"] = store.tick()
    store.save("channel", found["id"], found)
    return {"status": "OK"}


def restore_channel(call: Call) -> Doc:
    """POST channels/{id}/restore."""
    found = call.get("channel")
    found["delete_at"] = 0
    return call.store.save("channel", found["id"], found)


def change_privacy(call: Call) -> Doc:
    """PUT channels/{id}/privacy."""
    found, kind = call.get("channel"), call.object().get("privacy")
    if kind not in ("O", "P"):
        raise bad("privacy")
    if found["name"] == "town-square" and kind == "P":
        raise ChatError(400, "api.channel.update_channel_privacy.default_channel_error", "It is the default channel.")
    found.update(type=kind, update_at=call.store.tick())
    return call.store.save("channel", found["id"], found)


def members(call: Call) -> list[Doc]:
    """GET channels/{id}/members."""
    wanted, size = call.get("channel")["id"], min(call.number("per_page", 60), 200)
    found = [doc for doc in call.store.docs["member"].values() if doc["channel_id"] == wanted]
    start = call.number("page", 0) * size
    return found[start : start + size]


def add_member(call: Call) -> Doc | list[Doc]:
    """POST channels/{id}/members."""
    found, body = call.get("channel"), call.object()
    wanted = body.get("user_ids") or [body.get("user_id")]
    if any(one not in call.store.docs["user"] for one in wanted):
        raise bad("user_id")
    made = [call.store.join(found["id"], one) for one in wanted]
    return made if body.get("user_ids") else made[0]


def remove_member(call: Call) -> Doc:
    """DELETE channels/{id}/members/{user}: told in the channel; whoever is not in it is not found."""
    found, user = call.get("channel"), call.get("user")
    key = f"{found['id']}:{user['id']}"
    if key not in call.store.docs["member"]:
        raise missing("channel_member")
    call.store.drop("member", key)
    props = {"removedUserId": user["id"], "removedUsername": user["username"]}
    call.store.system_post(found, call.me["id"], "system_remove_from_channel",
                           f"@{user['username']} removed from the channel.", props)
    return {"status": "OK"}
