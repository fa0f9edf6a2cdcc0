"""A kit for channels that speak HTTP: one way to ask, guarded, timed, and kept as evidence."""

from cxassure.channels._http.client import HttpClient, tls
from cxassure.channels._http.exchange import Exchange, masked
from cxassure.channels._http.options import Access, access_headers, read_options
from cxassure.channels._http.origins import guard, on_loopback, shown
from cxassure.channels._http.redirects import guarded
from cxassure.channels._http.trouble import told, unwelcome

__all__ = [
    "Access",
    "Exchange",
    "HttpClient",
    "access_headers",
    "guard",
    "guarded",
    "masked",
    "on_loopback",
    "read_options",
    "shown",
    "tls",
    "told",
    "unwelcome",
]
