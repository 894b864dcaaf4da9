"""Endpoints of posts, threads and reactions."""

from integrations.sandbox.mattermost.store import Doc
from integrations.sandbox.mattermost.web import Call, ChatError, bad, missing

POST_LIMIT = 16_383
CHANGEABLE = ("message", "props", "is_pinned", "file_ids")


def _check_message(text: object) -> None:
    if not isinstance(text, str):
        raise bad("message")
    if len(text) > POST_LIMIT:
        raise ChatError(
            400,
            "model.post.is_valid.message_length.app_error",
            "Post Message property is longer than the maximum permitted length.",
        )


def create_post(call: Call) -> Doc:
    """POST posts."""
    store, body = call.store, call.object()
    channel = store.docs["channel"].get(str(body.get("channel_id")))
    if channel is None:
        raise ChatError(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
    if channel["delete_at"]:
        raise ChatError(400, "api.post.create_post.can_not_post_to_deleted.error", "Can not post to deleted channel.")
    _check_message(body.get("message", ""))
    if not body.get("message") and not body.get("file_ids") and not (body.get("props") or {}).get("attachments"):
        raise bad("message")
    if str(body.get("type") or "").startswith("system_"):
        raise bad("type")
    if f"{channel['id']}:{call.me['id']}" not in store.docs["member"]:
        raise ChatError(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
    root = body.get("root_id")
    if root:
        found = store.docs["post"].get(root)
        if found is None or found["channel_id"] != channel["id"] or found["root_id"] or found["delete_at"]:
            raise ChatError(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
    return store.shown(store.new_post(channel, call.me["id"], body))


def get_post(call: Call) -> Doc:
    """GET posts/{id}."""
    return call.store.shown(call.get("post"))


def change_post(call: Call) -> Doc:
    """PUT posts/{id}/patch and PUT posts/{id}: one's own only. Of one that is gone the server says the same."""
    post, body = call.store.docs["post"].get(call.path("post")), call.object()
    if post is None or post["delete_at"] or post["user_id"] != call.me["id"]:
        raise ChatError(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
    changes = {name: body[name] for name in CHANGEABLE if body.get(name) is not None}
    _check_message(changes.get("message", ""))
    return call.store.shown(call.store.edit_post(post, changes))


def delete_post(call: Call) -> Doc:
    """DELETE posts/{id}: the thread goes along."""
    post = call.get("post")
    for doc in list(call.store.docs["post"].values()):
        if doc["id"] == post["id"] or doc["root_id"] == post["id"]:
            call.store.edit_post(doc, {"delete_at": call.store.tick()})
    return {"status": "OK"}


def _list(call: Call, posts: list[Doc], newest_first: bool = True) -> Doc:
    ordered = posts[::-1] if newest_first else posts
    shown = {post["id"]: call.store.shown(post) for post in posts}
    for post in posts:
        # A reply comes with the root of its thread, though the root is not part of the order.
        root = call.store.docs["post"].get(post["root_id"])
        if root is not None and not root["delete_at"]:
            shown.setdefault(root["id"], call.store.shown(root))
    return {
        "order": [post["id"] for post in ordered], "posts": shown, "next_post_id": "", "prev_post_id": "",
        "has_next": False,
    }  # fmt: skip


def thread(call: Call) -> Doc:
    """GET posts/{id}/thread."""
    post = call.get("post")
    root = post["root_id"] or post["id"]
    found = [
        doc
        for doc in call.store.by_channel.get(post["channel_id"], [])
        if root in (doc["id"], doc["root_id"]) and not doc["delete_at"]
    ]
    return _list(call, found, newest_first=False)


def channel_posts(call: Call) -> Doc:
    """GET channels/{id}/posts: by since, or by page, before or after a post."""
    channel, query = call.get("channel"), call.request.query_params
    posts = call.store.by_channel.get(channel["id"], [])
    size = min(call.number("per_page", 60), 200)
    if "since" in query:
        since = call.number("since", 0)
        # `since` also tells of changes and deletions.
        return _list(call, [doc for doc in posts if doc["update_at"] > since][-1000:])
    alive = [doc for doc in posts if not doc["delete_at"]]
    ids = [doc["id"] for doc in alive]
    skip = call.number("page", 0) * size
    if "after" in query and query["after"] in ids:
        start = ids.index(query["after"]) + 1 + skip
        return _paged(call, alive, start, start + size)
    end = ids.index(query["before"]) if query.get("before") in ids else len(alive)
    end = max(0, end - skip)
    return _paged(call, alive, max(0, end - size), end)


def _paged(call: Call, alive: list[Doc], start: int, end: int) -> Doc:
    end = min(end, len(alive))
    answer = _list(call, alive[start:end])
    answer["prev_post_id"] = alive[start - 1]["id"] if 0 < start <= len(alive) else ""
    answer["next_post_id"] = alive[end]["id"] if end < len(alive) else ""
    answer["has_next"] = bool(answer["next_post_id"])
    return answer


def add_reaction(call: Call) -> Doc:
    """POST reactions."""
    body = call.object()
    post = call.store.docs["post"].get(str(body.get("post_id")))
    name = str(body.get("emoji_name") or "")
    if post is None or post["delete_at"]:
        raise missing("post")
    if body.get("user_id") != call.me["id"]:
        raise ChatError(
            403, "api.reaction.save_reaction.user_id.app_error", "You cannot save reaction for the other user."
        )
    if not name or len(name) > 64:
        raise bad("emoji_name")
    at = call.store.tick()
    made = {
        "user_id": call.me["id"], "post_id": post["id"], "emoji_name": name, "create_at": at, "update_at": at,
        "delete_at": 0, "remote_id": "", "channel_id": post["channel_id"],
    }  # fmt: skip
    call.store.save("reaction", f"{post['id']}:{call.me['id']}:{name}", made)
    call.store.edit_post(post, {})
    return made


def reactions(call: Call) -> list[Doc]:
    """GET posts/{id}/reactions."""
    wanted = call.get("post")["id"]
    return [doc for doc in call.store.docs["reaction"].values() if doc["post_id"] == wanted]


def remove_reaction(call: Call) -> Doc:
    """DELETE users/{id}/posts/{id}/reactions/{name}."""
    post = call.get("post")
    call.store.drop("reaction", f"{post['id']}:{call.path('user')}:{call.path('name')}")
    call.store.edit_post(post, {})
    return {"status": "OK"}
