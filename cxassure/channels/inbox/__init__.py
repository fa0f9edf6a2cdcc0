"""A customer's inbox: waits for the company's mails and reads them; connectors say where they are."""

from cxassure.channels.inbox.session import InboxSession

__all__ = ["InboxSession"]
