"""The fixtures of the telephone's tests, for what takes too long for them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

TELEPHONY = Path(__file__).parents[2] / "channels" / "telephony"

for name in ("conftest", "twilio/conftest"):
    spec = importlib.util.spec_from_file_location(
        f"soak_{name.replace('/', '_')}", TELEPHONY / f"{name}.py"
    )
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    globals().update({one: what for one, what in vars(module).items() if one[0] != "_"})
