"""What a customer can do with an inbox, and what can be seen in the mail that comes."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from cxassure.channel import Heard, Opening, Seconds, Seen, Session, facet, verb
from cxassure.channels.inbox.connector import InboxConnector
from cxassure.channels.inbox.mail import Mail
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip, plain, span

_ADDRESS = re.compile(r"[^\s@\"'<>():;,\\]+@[^\s@\"'<>():;,\\]+")


class InboxSession(Session):
    """A customer's own mail address, and what the company sends to it from now on.

    Facets read the mail that `wait_for` found; without it, all mail that is unread.
    """

    patience: ClassVar[float] = 10.0
    lines: ClassVar[tuple[str, ...]] = ("mailpit", "smtp")

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.line: InboxConnector | None = None
        self._mails: dict[int, Mail] = {}
        """The mails by their place in `seen`."""
        self._found: int | None = None
        self._taken: set[int] = set()
        self._waited = 0.0

    async def open(self, address: str) -> None:  # type: ignore[override]  # no inbox without one
        """Begins to receive. `address` is the customer's, as the company is told it; what came
        before is not looked at."""
        if not _ADDRESS.fullmatch(address.strip()):
            raise CannotLook(f"«{clip(address)}» is no mail address", "write name@host")
        self.line = self._connector()(self.opening, address.strip())
        await self.line.open()

    def _connector(self) -> type[InboxConnector]:
        if self.connector is not None:
            return self.connector
        from cxassure.channels.inbox.mailpit import MailpitConnector

        return MailpitConnector

    # What comes

    async def attend(self, until: float) -> None:
        for mail in await self._open_line().new(until - self.clock.now()):
            self._mails[len(self.seen)] = mail
            self.note(
                "company",
                "mail",
                f"{mail.subject}\n{mail.text}",
                subject=mail.subject,
                sender=mail.sender,
                links=list(mail.links),
                attachments=list(mail.attachments),
            )

    def _open_line(self) -> InboxConnector:
        if self.line is None:
            raise CannotLook("the inbox has been closed", "nothing can be read after closing")
        return self.line

    @property
    def settled(self) -> bool:
        """More may come at any time: that nothing came is known when the time is up."""
        return False

    # What can be done

    @verb(passive=True)
    async def wait_for(self, subject: str = "", from_: str = "", contains: str = "") -> None:
        """Waits for a mail that has not been waited for before and whose parts contain these.

        Case and runs of white space don't matter. Without any, the next mail will do.

        Example: `mailbox: {wait_for: {subject: Your receipt, contains: "${order}"}}`
        """
        wanted = {"subject": subject, "from": from_, "contains": contains}
        began, self._found = self.clock.now(), None
        until = began + self.limit + self.look_on
        while (found := self._first(wanted)) is None:
            if self.clock.now() >= until:
                raise self._missing(wanted, until - began)
            await self.attend(until)
        self._found = found
        self._taken.add(found)
        self._waited = max(0.0, self.seen[found].at - began)

    @verb(passive=True)
    async def listen(self) -> None:
        """Looks at all mail that is unread, and at what comes while the step lasts.

        Example: `mailbox: listen`
        """
        self._found = None

    def _first(self, wanted: dict[str, str]) -> int | None:
        for place, mail in self._mails.items():
            if place not in self._taken and _suits(mail, wanted):
                return place
        return None

    def _missing(self, wanted: dict[str, str], waited: float) -> Broken:
        asked = ", ".join(f"{key} «{value}»" for key, value in wanted.items() if value)
        came = [f"«{m.subject}»" for at, m in self._mails.items() if at not in self._taken]
        return Broken(
            f"the mail did not come within {span(waited)}",
            expected=asked or "a mail",
            seen=", ".join(came) or "no mail",
        )

    # What can be seen

    def _read(self) -> list[tuple[Seen, Mail]]:
        if self._found is not None:
            return [(self.seen[self._found], self._mails[self._found])]
        return [(self.seen[at], mail) for at, mail in self._mails.items() if at >= self.window]

    def _last(self) -> Mail | None:
        mails = self._read()
        return mails[-1][1] if mails else None

    @facet()
    def message(self) -> Heard | None:
        """Subject and text of the mail; HTML is read as a reader sees it.

        Example: `message: {contains: Thank you for your order}`
        """
        mails = self._read()
        return Heard(tuple(seen for seen, _ in mails)) if mails else None

    @facet()
    def subject(self) -> str | None:
        """The subject of the mail.

        Example: `subject: {contains: "${order}"}`
        """
        mail = self._last()
        return mail.subject if mail else None

    @facet()
    def from_(self) -> str | None:
        """The address that the mail comes from.

        Example: `from: shop@birchandbay.example`
        """
        mail = self._last()
        return mail.sender if mail else None

    @facet()
    def links(self) -> list[str] | None:
        """The links in the mail, in order. None is followed.

        Example: `links: {contains: "/orders/${order}"}`
        """
        mail = self._last()
        return list(mail.links) if mail else None

    @facet()
    def attachments(self) -> list[str] | None:
        """The file names of what is attached.

        Example: `attachments: {contains: receipt.pdf}`
        """
        mail = self._last()
        return list(mail.attachments) if mail else None

    @facet()
    def count(self, subject: str = "") -> int:
        """How many unread mails there are, of those whose subject contains `subject`.

        Example: `count: {subject: shipped, equals: 0}`
        """
        wanted = {"subject": subject}
        unread = [mail for at, mail in self._mails.items() if at >= self.window]
        return sum(_suits(mail, wanted) for mail in unread)

    @facet()
    def took(self) -> Seconds | None:
        """How long `wait_for` waited for the mail; nothing when it was there already.

        Example: `took: {at_most: 5s}`
        """
        return None if self._found is None else Seconds(self._waited)

    # The end

    async def witness(self, why: str) -> None:
        kept = [
            {"subject": m.subject, "from": m.sender, "text": m.text, "links": list(m.links)}
            for m in self._mails.values()
        ]
        told = json.dumps(kept, indent=1, ensure_ascii=False)
        await self.opening.keep("mails.json", told.encode(), "application/json")

    async def close(self) -> None:
        line, self.line = self.line, None
        if line:
            await line.close()


def _suits(mail: Mail, wanted: dict[str, Any]) -> bool:
    parts = {
        "subject": mail.subject,
        "from": mail.sender,
        "contains": f"{mail.subject}\n{mail.text}",
    }
    return all(plain(value) in plain(parts[key]) for key, value in wanted.items())
