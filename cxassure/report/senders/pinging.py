"""The sign of life: a request to an address outside, whose owner pages somebody when none comes."""

from __future__ import annotations

from cxassure.report.senders.discretion import hush, masked, pieces
from cxassure.report.senders.sender import NotSent
from cxassure.text import clip

PATIENCE = 5.0


def ping(url: str) -> None:
    """Asks for `url` once. Raises `NotSent`: then try again a little later, it is no alert yet.

    When it is due is `watch.incidents.ping_is_due`'s to say.
    """
    import httpx

    hush(pieces(url))
    try:
        answer = httpx.get(url, timeout=PATIENCE, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        said = masked(clip(str(wrong), 200), pieces(url)) or type(wrong).__name__
        raise NotSent(f"no sign of life could be given: {said}", "look at alive:") from None
    if not answer.is_success:
        raise NotSent(f"the sign of life was answered {answer.status_code}", "look at alive:")
