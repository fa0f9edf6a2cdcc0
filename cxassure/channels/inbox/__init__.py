"""A customer's inbox: waits for mails and reads them; connectors say where they arrive."""

from cxassure.channels.inbox.session import InboxSession

__all__ = ["InboxSession"]
