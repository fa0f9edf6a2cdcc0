"""The room that reads YAML: files to journeys, fragments and settings, with all their problems."""

from cxassure.library import Library
from cxassure.spec.library import read
from cxassure.spec.settings import read_settings

__all__ = ["Library", "read", "read_settings"]
