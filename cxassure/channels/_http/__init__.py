"""A kit for channels that speak HTTP: one way to ask, guarded, timed, and kept as evidence."""

from cxassure.channels._http.client import HttpClient
from cxassure.channels._http.exchange import Exchange, masked
from cxassure.channels._http.options import Access, read_options
from cxassure.channels._http.origins import guard, shown
from cxassure.channels._http.trouble import told

__all__ = [
    "Access",
    "Exchange",
    "HttpClient",
    "guard",
    "masked",
    "read_options",
    "shown",
    "told",
]
