"""Lets these tests import the streams that reports are tested with."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "report"))
