"""The room that reads YAML: files to journeys, fragments and settings, with all their problems."""

from cxassure.library import Library
from cxassure.spec.library import read
from cxassure.spec.settings import read_settings, settings_place, settings_places

__all__ = ["Library", "read", "read_settings", "settings_place", "settings_places"]
