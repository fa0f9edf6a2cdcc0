"""All that was read: journeys, menus, fragments, and what is wrong with the files."""

from __future__ import annotations

import msgspec

from cxassure.errors import Problem
from cxassure.journey import Fragment, Journey
from cxassure.menu import Menu


class Library(msgspec.Struct, frozen=True):
    """`journeys` holds those of menus too.

    A journey with something wrong in it is here all the same, so that the rest can be checked.
    """

    journeys: list[Journey] = []
    fragments: dict[str, Fragment] = {}
    menus: dict[str, Menu] = {}
    problems: list[Problem] = []
