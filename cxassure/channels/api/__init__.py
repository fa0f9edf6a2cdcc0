"""A party that asks the company's back office over HTTP and reads what it answers."""

from cxassure.channels.api.session import ApiSession

__all__ = ["ApiSession"]
