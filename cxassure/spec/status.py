"""Reading what customers are told: `status:` in `cxassure.yaml`."""

from __future__ import annotations

from cxassure.settings import StatusGroup, StatusPage
from cxassure.spec.shape import Shape
from cxassure.text import Raw


def read_status(shape: Shape, raw: Raw) -> StatusPage:
    """The block; what is wrong is said to `shape`."""
    parts = shape.pairs(raw, "status")
    shape.only(parts, ("title", "groups"), "status")
    items = shape.items(parts["groups"], "status", "groups") if "groups" in parts else []
    found = (_group(shape, one, index) for index, one in enumerate(items))
    groups = tuple(group for group in found if group)
    if not groups:
        shape.say("a status page without groups says nothing", "write groups:", "status")
    title = shape.text(parts["title"], "status", "title") if "title" in parts else "Status"
    return StatusPage(title=title, groups=groups)


def _group(shape: Shape, raw: Raw, index: int) -> StatusGroup | None:
    at = ("status", "groups", index)
    parts = shape.pairs(raw, *at)
    shape.only(parts, ("title", "journeys"), *at)
    if not parts.get("title") or not parts.get("journeys"):
        shape.say("a group has a title and journeys", "write {title: …, journeys: […]}", *at)
        return None
    title = shape.text(parts["title"], *at, "title")
    return StatusGroup(title=title, journeys=shape.words(parts["journeys"], *at, "journeys"))
