"""Two sounds laid beside each other frame by frame, between half and twice the speed.

Dynamic time warping: a row (a frame of what is known) stays in its column (a frame of what is
heard), or goes on one or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frames = NDArray[np.float64]
    Loud = NDArray[np.bool_]

PAUSE = 0.3
"""What it costs to lay a pause of what is known on a sound; on a pause it costs nothing."""


def unit(frames: Frames) -> Frames:
    """Frames of length 1, so that their level says nothing."""
    import numpy as np

    made: Frames = frames / np.maximum(np.linalg.norm(frames, axis=1, keepdims=True), 1e-6)
    return made


def costs(known: Frames, loud: Loud, heard: Frames, heard_loud: Loud) -> Frames:
    """The cosine distance of each known frame (rows) to each that is heard (columns)."""
    import numpy as np

    made: Frames = 1 - unit(known) @ unit(heard).T
    made[~loud] = PAUSE
    made[np.ix_(~loud, ~heard_loud)] = 0.0
    return made


def sums(costs: Frames, step: float, slack: int) -> tuple[Frames, NDArray[np.int64]]:
    """The cheapest way to each cell and how many columns its last step took; the first row lies
    in one of the first `slack` columns. `step` is what going slower or faster costs, a frame."""
    import numpy as np

    total = np.full(costs.shape, np.inf)
    back = np.zeros(costs.shape, np.int64)
    total[0, :slack] = costs[0, :slack]
    for row in range(1, len(costs)):
        before = np.pad(total[row - 1], (2, 0), constant_values=np.inf)
        ways = np.stack([before[2:] + step, before[1:-1], before[:-2] + step])
        back[row] = ways.argmin(axis=0)
        total[row] = costs[row] + ways.min(axis=0)
    return total, back


def local(costs: Frames, step: float, slack: int) -> Frames:
    """What each row costs on the cheapest way, which ends in one of the last `slack` columns."""
    import numpy as np

    total, back = sums(costs, step, slack)
    last = max(costs.shape[1] - slack, 0)
    column = last + int(total[-1, last:].argmin())
    path = np.zeros(len(costs), np.int64)
    for row in range(len(costs) - 1, -1, -1):
        path[row] = column
        column = max(column - int(back[row, column]), 0)
    return np.asarray(costs[np.arange(len(path)), path])
