"""When to speak: looks at journeys become incidents, and incidents messages, once each.

Everything here is a pure function of the state before, what was seen, the rules and the moment.
"""

from __future__ import annotations

from cxassure.watch.incidents.alive import ping_is_due
from cxassure.watch.incidents.deciding import acknowledge, decide, deployed, suspects
from cxassure.watch.incidents.duty import Duty
from cxassure.watch.incidents.taking_over import taken_over

__all__ = ["Duty", "acknowledge", "decide", "deployed", "ping_is_due", "suspects", "taken_over"]
