"""Hourly traffic from a Prometheus server: range queries of its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from cxassure.errors import CannotLook, UsageError
from cxassure.forecast import MOST, Traffic
from cxassure.text import clip

HOUR = timedelta(hours=1)
AT_ONCE = timedelta(days=90)
"""Prometheus gives at most 11,000 points a series: longer ranges are asked for in pieces."""

LARGEST = 32 * 2**20
PATIENCE = 30.0


class _Stay(HTTPRedirectHandler):
    """A redirect would lead to a host that nobody listed: it is an answer like any other."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch(
    address: str,
    query: str,
    since: datetime,
    until: datetime,
    *,
    label: str = "channel",
    token: str = "",
    zone: str = "UTC",
) -> Traffic:
    """The counts that `query` gives for each hour from `since` until before `until`.

    `query` must give counts of an hour, such as `sum by (channel) (increase(contacts_total[1h]))`;
    series are told apart by `label`. A sample counts the hour before it. Raises `UsageError` for an
    address that is none, `CannotLook` when the server cannot be asked or refuses.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise UsageError(f"«{clip(address, 60)}» is no address of a Prometheus", "write https://…")
    opener = build_opener(_Stay)
    channels: dict[str, dict[datetime, float]] = {}
    for begin, end in _pieces(since, until):
        parts = {
            "query": query,
            "start": (begin + HOUR).timestamp(),
            "end": end.timestamp(),
            "step": 3600,
        }
        url = f"{address.rstrip('/')}/api/v1/query_range?{urlencode(parts)}"
        for series in _matrix(_get(opener, url, token)):
            _add(channels, series, label)
    if not channels:
        raise CannotLook("the query gives no series", "try it in the server's own page first")
    return Traffic(channels=channels, zone=zone)


def _pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[since, until) in whole hours, in pieces that a server gives at once."""
    begin = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while begin < last:
        end = min(begin + AT_ONCE, last)
        yield begin, end
        begin = end


def _get(opener: OpenerDirector, url: str, token: str) -> Any:
    headers = {"Accept": "application/json", "User-Agent": "cxassure"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        with opener.open(Request(url, headers=headers), timeout=PATIENCE) as answer:
            data = answer.read(LARGEST + 1)
    except HTTPError as wrong:
        with wrong:
            said = clip(wrong.read(2000).decode("utf-8", "replace"), 200)
        hint = "list the address it moved to" if wrong.code < 400 else "look at --query"
        raise CannotLook(f"{host} answers HTTP {wrong.code}: {said}", hint) from None
    except (URLError, OSError) as wrong:
        reason = getattr(wrong, "reason", wrong)
        raise CannotLook(f"{host} cannot be asked: {clip(str(reason), 160)}", "is it up?") from None
    if len(data) > LARGEST:
        raise CannotLook(f"{host} answers more than {LARGEST // 2**20} MB", "sum by channel")
    try:
        return json.loads(data)
    except ValueError:
        raise CannotLook(f"{host} answers no JSON", "is it a Prometheus?") from None


def _matrix(answer: Any) -> list[dict[str, Any]]:
    match answer:
        case {"status": "success", "data": {"resultType": "matrix", "result": list(found)}}:
            return [one for one in found if isinstance(one, dict)]
        case {"error": str(said)}:
            raise CannotLook(f"the query is refused: {clip(said, 200)}", "look at --query")
    raise CannotLook("the answer is no range of samples", "is it a Prometheus?")


def _add(channels: dict[str, dict[datetime, float]], series: dict[str, Any], label: str) -> None:
    """Adds up series of one channel; what is no count from 0 is a gap."""
    labels = series.get("metric")
    name = str(labels.get(label, "contacts")) if isinstance(labels, dict) else "contacts"
    hours = channels.setdefault(clip(name, 60), {})
    for sample in series.get("values") or ():
        try:
            seconds, count = sample
            at, value = datetime.fromtimestamp(float(seconds), UTC) - HOUR, float(count)
        except (TypeError, ValueError, OverflowError, OSError):
            continue
        if 0 <= value <= MOST:
            hour = at.replace(minute=0, second=0, microsecond=0)
            hours[hour] = hours.get(hour, 0.0) + value
