"""What a failed attempt to reach somebody means to a person: theirs to mend, or ours."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from cxassure.channels._http.names import none_resolves
from cxassure.channels._http.origins import shown
from cxassure.errors import Broken, CannotLook, CxassureError

_OURS = frozenset((errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH))


async def told(wrong: BaseException, url: str, others: Iterable[str] = ()) -> CxassureError:
    """The error to raise for a connection that failed with `wrong`.

    A refused connection, an unknown name, a bad certificate and a broken-off answer are the
    company's (`Broken`); a name server that does not answer, or knows no name at all, and a network
    that is down are ours (`CannotLook`). `others` are addresses whose names are asked for too, to
    tell a missing name from a machine that can resolve none.
    """
    for cause in _causes(wrong):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Broken(
                f"the certificate of {_host(url)} is not accepted: {cause.verify_message}",
                code="tls",
            )
        if isinstance(cause, ssl.SSLError):
            return Broken(f"no secure connection with {_host(url)}: {cause.reason}", code="tls")
        if isinstance(cause, socket.gaierror):
            return await _unnamed(cause, url, others)
        if isinstance(cause, ConnectionRefusedError):
            return Broken(f"{_host(url)} refuses the connection", hint="is it running?")
        if isinstance(cause, OSError) and cause.errno in _OURS:
            return CannotLook(
                f"this machine has no way to {_host(url)}: {cause.strerror}",
                "check the network of the machine that runs cxassure",
            )
    return Broken(f"{shown(url)} broke the connection off: {_words(wrong)}")


def unwelcome(status: int, what: str) -> CxassureError | None:
    """The error to raise for an answer of HTTP `status` 400 or above (RFC 9110), told by `what`.

    Being kept out (401, 403, 407) or slowed down (429) is ours, all else the company's.
    """
    if status < 400:
        return None
    if status in (401, 403, 407):
        return CannotLook(what, "check `token`, `basic` or `headers` of the target")
    if status == 429:
        return CannotLook(what, "cxassure asks too often: run fewer workers, or be let in")
    return Broken(what, expected="an answer", seen=f"status {status}", code=str(status))


async def _unnamed(cause: socket.gaierror, url: str, others: Iterable[str]) -> CxassureError:
    if cause.errno == socket.EAI_AGAIN:
        return CannotLook(
            f"the name {_host(url)} could not be looked up: the name server does not answer",
            "check DNS on the machine that runs cxassure",
        )
    if ours := await none_resolves(url, others):
        return ours
    return Broken(f"the name {_host(url)} is not known to DNS", hint="check the target's address")


def _causes(wrong: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it holds, and what it came from, outermost first."""
    while wrong is not None:
        yield wrong
        if isinstance(wrong, BaseExceptionGroup):
            for inner in wrong.exceptions:
                yield from _causes(inner)
        if isinstance(wrong, OSError) and wrong.errno is None:
            yield from _refusals(wrong)
        wrong = wrong.__cause__ or wrong.__context__


def _refusals(wrong: OSError) -> Iterator[BaseException]:
    """asyncio joins the errors of several addresses into one that has their words only."""
    if "Connect call failed" in str(wrong):
        yield ConnectionRefusedError(str(wrong))


def _host(url: str) -> str:
    return urlsplit(shown(url)).netloc or shown(url)


def _words(wrong: BaseException) -> str:
    return str(wrong) or type(wrong).__name__
