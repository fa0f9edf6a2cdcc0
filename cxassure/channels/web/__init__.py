"""The web channel: a customer with a browser, through Playwright."""

from cxassure.channels.web.doing import Doing
from cxassure.channels.web.looking import Looking


class WebSession(Doing, Looking):
    """A customer with a browser, on a desktop or a phone.

    Things are pointed at as people do: `click: Pay now`, `fill: {Card number: …}`; or by
    `role` and `name`, `label`, `text`, `placeholder`, `testid`, `alt`, `title`, at last `css`;
    `frame` and `nth` narrow it down.
    """


__all__ = ["WebSession"]
