"""A year of looks, outages and slips: what is told, against paging at the first failure."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from datetime import timedelta

from _year import PEAKS, Year


def whole(quick: bool) -> Year:
    """The year in which slips come alone, so that every alert must have an outage."""
    return Year(seed=2026, ordinary=timedelta(minutes=240 if quick else 60)).run()


def noisy(share: float) -> Year:
    """A year in which nothing is broken and looks fail by chance, independently of each other."""
    return Year(seed=2027, outages=0, slips=share, lonely=False).run()


def listed(year: Year) -> None:
    """Every alert, a line each."""
    for said in year.messages:
        names = ", ".join(dict.fromkeys(one.name for one in said.affected))
        why = f"{said.fault.kind} {said.fault.host} {said.fault.group}"
        print(
            f"{said.at:%Y-%m-%d %H:%M} {said.word:<9} {said.to:<9} {said.incident} {why}: {names}"
        )


def main(quick: bool) -> None:
    began = time.process_time()
    year = whole(quick)
    spent = time.process_time() - began
    wrong = year.judge()
    listed(year)
    for kind, found in wrong.items():
        print(f"{kind}: {len(found)}", *found[:5], sep="\n    ")
    must = [one for one in year.broken if one.must]
    after = [(one.told - one.start).total_seconds() for one in must if one.told]
    shares = (0.001,) if quick else (0.001, 0.01)
    noise = {share: noisy(share) for share in shares}
    first_failure = {share: one.slipped for share, one in noise.items()}
    ours = {
        share: sum(m.word in ("opened", "reopened") for m in one.messages)
        for share, one in noise.items()
    }
    figures = {
        "looks": year.looks,
        "peaks": len(PEAKS),
        "journeys": len(year.all),
        "outages": len(year.broken),
        "outages_seen_twice": len(must),
        **{kind: len(found) for kind, found in wrong.items()},
        "messages": dict(Counter(one.word for one in year.messages)),
        "incidents": len({one.incident for one in year.messages}),
        "told_after_s_median": round(statistics.median(after), 1),
        "told_after_s_worst": round(max(after), 1),
        "us_per_look": round(spent / year.looks * 1e6, 2),
        "slips_alone": year.slipped,
        "false_alerts_a_year_by_share_of_slips": ours,
        "first_failure_pages_a_year": first_failure,
    }
    print(json.dumps({"bench": "year", "figures": figures}))


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
