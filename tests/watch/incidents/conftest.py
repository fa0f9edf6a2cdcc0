"""What the tests of incidents share: their own modules beside them, and those of the benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parents[2] / "bench")]
