"""A transfer that cannot be seen on a line has no proofs, good or bad."""

from __future__ import annotations

from cxassure.events import Checked
from cxassure.report.proofs import proofs
from cxassure.run import StepRun


def test_a_transfer_that_is_unseen_is_neither_proven_nor_broken() -> None:
    unseen = Checked(step=1, at=0, facet="transfer", expected="bridge = both ways",
                     verdict="unseen", why="no sound")  # fmt: skip
    (proof,) = proofs(StepRun(index=1, checked=[unseen]))
    assert (proof.name, proof.seen, proof.holds) == ("bridge", "", None)
