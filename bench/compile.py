"""Compiling 10,000 journeys of 60 lines, probes written, against PyYAML's C loader loading them."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from cxassure import plan, spec
from cxassure.settings import Environment, SecretSource, Settings, Target

LINES = 60
ROUNDS = 5

HEAD = """\
# Journey {n}: written as authors write them, with a comment here and there.
journey: {kind}-{n}
title: Customer {n} wants to know about order {order} and does not give up
severity: {severity}
owner: team-{team}
runbook: https://runbooks.example/{kind}-{n}
tags: [{kind}, nightly, team-{team}]
budget: {budget}m
"""

ORDER = """\
parties:
  shopper: {{channel: web, target: shop, device: Desktop Chrome}}
  asker: {{channel: chat, target: help-bot}}
  caller: {{channel: ivr, target: support-line}}
  agent: {{channel: agent, target: billing-desk}}
facts:
  order number: "${{order}}"
promises:
  time_to_human: {{within: 90s, aim: 60s}}
  re_asks: {{at_most: 0}}
steps:
  - shopper: {{open: /gift-cards/{n}}}
    expect: {{page: {{contains: Gift card {n}}}}}
  - shopper: {{click: Add to basket}}
    expect: {{page: {{contains: 1 item in your basket}}}}
    within: 5s
  - shopper:
      fill:
        Card number: "${{secret.test_card}}"
        Name on card: Customer {n}
        Street: {n} Harbour Road
  - shopper: {{click: Pay now}}
    expect:
      page: {{contains: Thank you customer {n}}}
      console: {{no_errors: true}}
    keep: {{order: {{testid: order-number}}}}
  - asker: {{say: "Where is my order ${{order}}?"}}
    expect: {{reply: {{contains: on its way}}}}
    within: 8s                     # the bot has promised less
    aim: 3s
  - caller: dial
    expect: {{prompt: {{contains: welcome}}}}
  - caller: {{press: 2}}
    expect: {{prompt: {{contains: order {order}}}}}
  - caller: {{press: 0}}
  - agent: answer
    expect: {{context: {{order number: "${{order}}"}}}}
  - agent: {{speak: This is Kim from team {team}}}
  - caller: listen
    expect: {{prompt: {{contains: this is kim}}}}
  - caller: {{say: My order is {order}}}
  - agent: {{speak: "I see order {order}, customer {n}"}}
  - caller: listen
    expect: {{prompt: {{contains: customer {n}}}}}
  - asker: {{say: Thanks}}
    expect: {{reply: {{any: [welcome, pleasure]}}}}
always:
  - shopper: {{open: "/orders/${{order}}/cancel"}}
  - shopper: {{click: Cancel this order}}
    optional: true
    expect: {{page: {{contains: order {order} has been cancelled}}}}
"""

SHOP = """\
rows:
  - {{id: desktop, device: Desktop Chrome}}
  - {{id: mobile, device: iPhone 15}}
parties:
  shopper:
    channel: web
    target: shop
    device: ${{row.device}}
steps:
"""
SHOP_STEP = """\
  - shopper: {{open: /products/{n}/{i}}}
    expect:
      page: {{contains: Product {i} of {n}}}
      title: {{contains: "Shop {n}: {i}"}}
    within: {i}s
  - shopper: {{click: Add product {i} to basket}}
    expect: {{page: {{contains: "{i} items in your basket"}}}}
"""

TALK = """\
parties:
  customer:
    channel: {channel}
    target: {target}
steps:
"""
CHAT_STEP = """\
  - customer: {{say: I have a question about order {order} and item {i}}}
    expect:
      reply:
        contains: item {i} of order {order}
    within: 10s
  - customer: {{say: Number {i} is not what I meant}}
    expect: {{reply: {{any: [sorry, "let me see about {i}", {{matches: "order \\\\d+"}}]}}}}
"""
CALL_STEP = """\
  - customer: {{press: {i}}}
    expect:
      prompt: {{contains: you chose {i}}}
    within: 6s
  - customer: {{say: "order {order}, line {i}"}}
    expect: {{prompt: {{contains: order {order}}}}}
    keep: {{case_{i}: {{reply_or_prompt: ""}}}}
"""


def journey(n: int) -> str:
    """A journey of 60 lines, unlike the others: of five kinds, one of which has two rows."""
    facts = {
        "n": n,
        "order": 1_000_000 + n * 7,
        "team": n % 17,
        "severity": ("critical", "major", "minor")[n % 3],
        "budget": 3 + n % 5,
    }
    match n % 5:
        case 0 | 1:
            kind, text, step = "order", ORDER, ""
        case 2:
            kind, text, step = "shop", SHOP, SHOP_STEP
        case 3:
            kind, text, step = "chat", TALK.replace("{channel}", "chat"), CHAT_STEP
            text = text.replace("{target}", "help-bot")
        case _:
            kind, text, step = "call", TALK.replace("{channel}", "ivr"), CALL_STEP
            text = text.replace("{target}", "support-line")
            step = step.replace("reply_or_prompt", "prompt")
    lines = (HEAD + text).format(kind=kind, **facts).splitlines()
    i = 1
    while step and len(lines) < LINES:
        lines += step.format(i=i, **facts).splitlines()
        i += 1
    return "\n".join(lines[:LINES]) + "\n"


def settings() -> Settings:
    names = "shop help-bot support-line billing-desk".split()
    targets = {name: Target(name=name, address="demo") for name in names}
    secrets = {"test_card": SecretSource(env="TEST_CARD")}
    return Settings(environments={"e": Environment(name="e", targets=targets, secrets=secrets)})


def ours(folder: Path, probes: Path) -> None:
    """Reads, checks, plans and writes: all that `cxassure compile` does."""
    library = spec.read([folder], folder)
    planned = plan.compile(library, settings())
    wrong = [*library.problems, *planned.problems]
    if wrong:
        raise SystemExit("\n".join(map(str, wrong[:5])))
    plan.write(planned.probes, probes)


def loader(folder: Path) -> None:
    """What anybody does first: every file through the C loader."""
    for path in sorted(folder.glob("*.yaml")):
        yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def spent(work: Callable[[], None]) -> float:
    """CPU seconds of this process that `work` takes, system calls included."""
    began = time.process_time()
    work()
    return time.process_time() - began


def memory() -> str | None:
    """A folder in memory where there is one.

    What making a file costs differs from disk to disk by a factor of fifty: it would drown both
    sides, and the one that makes files first.
    """
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def main(quick: bool) -> None:
    journeys = 1_000 if quick else 10_000
    with tempfile.TemporaryDirectory(dir=memory()) as name:
        folder = Path(name, "journeys")
        folder.mkdir()
        for n in range(journeys):
            (folder / f"journey-{n}.yaml").write_text(journey(n), "utf-8")
        ours(folder, Path(name, "warm"))
        rounds = []
        for turn in range(ROUNDS):
            probes = Path(name, f"probes-{turn}")
            rounds.append(
                (spent(lambda to=probes: ours(folder, to)), spent(lambda: loader(folder)))  # type: ignore[misc]
            )
            print("round {}: ours {:.2f} s, loader {:.2f} s".format(turn + 1, *rounds[-1]))
    mine, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
    figures = {
        "journeys": journeys,
        "ours_s": round(mine, 3),
        "loader_s": round(theirs, 3),
        "ratio": round(mine / theirs, 3),
    }
    print(json.dumps({"bench": "compile", "figures": figures}))


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
