"""Chat with a bot, and with the people it hands over to; connectors say how it is reached."""

from cxassure.channels.chat.session import ChatSession

__all__ = ["ChatSession"]
