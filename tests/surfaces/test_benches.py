"""Benchmarks are started both ways, and find what is beside them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("how", [["bench"], ["-m", "bench"]])
def test_a_benchmark_finds_what_is_beside_it(tmp_path: Path, how: list[str]) -> None:
    (tmp_path / "bench").mkdir()
    shutil.copy(ROOT / "bench" / "__main__.py", tmp_path / "bench")
    (tmp_path / "bench" / "_plain.py").write_text("RIVAL = 'a plain script'\n")
    (tmp_path / "bench" / "ours.py").write_text("from _plain import RIVAL\nprint(RIVAL)\n")
    done = subprocess.run([sys.executable, *how, "ours"], cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"a plain script\n"), done.stderr
