"""50 kills of a scheduler under load, by hand: `python tests/soak/kill_scheduler.py [KILLS]`."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "surfaces"))
sys.path.insert(0, str(Path(__file__).parents[1] / "surfaces" / "scheduler"))

from counter import Counter, Office
from test_scheduling import done, holds, schedule, settled, slots, until

PROBES = 10


def main(kills: int) -> None:
    names = [f"probe-{n}" for n in range(PROBES)]
    office = Office()
    with tempfile.TemporaryDirectory() as folder:
        place = Counter(Path(folder) / "here", office)
        place.root.mkdir()
        settled(place, **dict.fromkeys(names, "/slow"))
        chance = random.Random(50)
        for _ in range(kills):
            process = schedule(place)
            time.sleep(0.3 + 1.7 * chance.random())
            process.kill()
            process.wait()
        process = schedule(place)
        before = len(done(place))
        until(lambda: len(done(place)) > before + PROBES)
        process.terminate()
        assert place.end(process).code == 0
        holds(place, names)
        found = slots(place)
        states = {state: sum(s.state == state for s in found) for state in ("done", "missed")}
        print(f"{kills} kills, {len(found)} due runs: {states}; none lost, none doubled")
        place.close()
    office.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
