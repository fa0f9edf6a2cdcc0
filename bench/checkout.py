"""A 12-step web checkout, run by cxassure, against the same steps in a bare Playwright script.

CPU time of all processes of a side, browser and driver included, the shop not; cold (one checkout,
everything started for it) and in a suite of 40. Linux only: orphans are counted by adopting them.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SUITE = 40
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Both sides run as installed programs do: compiled once, in the first round."""
BARE = Path(__file__).with_name("_bare_checkout.py")
CXASSURE = "import sys; from cxassure.surfaces.cli import main; sys.exit(main())"
ADOPT = 36
"""`PR_SET_CHILD_SUBREAPER` of prctl(2)."""

JOURNEY = """\
journey: checkout
severity: major
rows: [{rows}]
parties:
  shopper: {{channel: web, target: shop}}
steps:
  - shopper: {{open: /gift-cards/winter-robin}}
    expect: {{page: {{contains: Winter Robin}}}}
  - shopper: {{click: Add to basket}}
    expect: {{page: {{contains: 1 item in your basket}}}}
  - shopper: {{fill: {{Promo code: HOLIDAY10}}}}
  - shopper: {{click: Apply}}
    expect: {{page: {{contains: "Promo code HOLIDAY10: −$2.50"}}}}
  - shopper: {{click: Checkout}}
    expect: {{page: {{contains: "$22.50"}}}}
  - shopper: {{fill: {{Name on card: Kim Lee, Card number: "4242424242424242"}}}}
  - shopper: {{fill: {{Expiry date: 12/39, Security code: "123"}}}}
  - shopper: {{fill: {{E-mail: "shopper@example.com", Mobile number: "+15550123"}}}}
  - shopper: {{check: E-mail me when my gift card is on its way}}
  - shopper: {{click: Pay now}}
    spends: true
    expect: {{page: {{contains: Thank you}}}}
    keep: {{order: {{testid: order-number}}}}
  - shopper: {{open: "/orders/${{order}}/cancel"}}
    expect: {{page: {{contains: "Cancel order ${{order}}"}}}}
  - shopper: {{click: Cancel this order}}
    expect: {{page: {{contains: Your order has been cancelled}}}}
"""
SETTINGS = """\
environments:
  bench: {{rehearsal: true, targets: {{shop: {{address: "{shop}"}}}}}}
"""


@contextmanager
def company() -> Iterator[str]:
    """The address of the built-in company's shop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cxassure.demo", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    try:
        yield json.loads(process.stdout.readline())["targets"]["shop"]
    finally:
        process.stdin.close()
        process.wait(10)


def spent(command: list[str], folder: str) -> float:
    """CPU seconds of a command and of all that it started, whoever ended it."""
    before = _children()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT
    )
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(
            f"{' '.join(command[:3])} ended with {process.returncode}:\n{said.decode()}"
        )
    _reap(process.pid)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap(_: int) -> None:
    """Waits for what was left over and is ours now; the company lives on."""
    patience = time.monotonic() + 5
    while time.monotonic() < patience and _orphans():
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(0.01)


def _orphans() -> list[int]:
    mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in mine if b"cxassure.demo" not in _command(pid)]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def workspace(folder: str, shop: str, rows: int) -> list[str]:
    """Writes a journey of that many rows; gives the command that runs it, one after the other."""
    root = Path(folder)
    (root / "journeys").mkdir(exist_ok=True)
    ids = ", ".join(f"{{id: r{n}}}" for n in range(rows))
    (root / "journeys" / "checkout.yaml").write_text(JOURNEY.format(rows=ids), "utf-8")
    (root / "cxassure.yaml").write_text(SETTINGS.format(shop=shop), "utf-8")
    return [sys.executable, "-c", CXASSURE, "run", "--workers", "1", "--report-dir", "out"]


def compare(rows: int, rounds: int, shop: str, told: Callable[[str], None]) -> dict[str, float]:
    """Medians of CPU seconds of both sides, in turn, round by round, and of their ratio."""
    from cxassure.channels._browser.finding import find

    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        commands = (
            (ours, workspace(folder, shop, rows)),
            (bare, [sys.executable, str(BARE), shop, str(find()), str(rows)]),
        )
        for number in range(rounds):
            for figures, command in commands if number % 2 else reversed(commands):
                figures.append(spent(command, folder))
            told(f"  {rows:>2} checkouts: ours {ours[-1]:6.2f} s, bare {bare[-1]:6.2f} s of CPU")
    return {
        "ours": round(statistics.median(ours), 3),
        "bare": round(statistics.median(bare), 3),
        "ratio": round(statistics.median(o / b for o, b in zip(ours, bare, strict=True)), 3),
    }


def main(quick: bool) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(ADOPT, 1, 0, 0, 0)
    figures: dict[str, float] = {}
    with company() as shop:
        for name, rows, rounds in (
            ("cold", 1, 3 if quick else 9),
            ("suite", 10 if quick else SUITE, 1 if quick else 3),
        ):
            for key, value in compare(rows, rounds, shop, print).items():
                figures[f"{name}_{key}"] = value
    print(json.dumps({"bench": "checkout", "figures": figures}))


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
