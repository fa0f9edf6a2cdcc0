"""Which places a browser may be taken to, and which of them are the company's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from cxassure.channels._http.origins import origin
from cxassure.errors import CannotLook
from cxassure.settings import Target

_NOWHERE = ("about:", "data:", "blob:", "chrome-error:")


@dataclass(frozen=True, slots=True)
class Origins:
    """`own` are the targets' addresses; `listed` are those and what targets name in `also`."""

    name: str
    address: str
    own: frozenset[str]
    listed: frozenset[str]

    @classmethod
    def of(cls, target: Target, targets: Mapping[str, Target]) -> Origins:
        """The origins of a party's target and of the others in its environment."""
        every = (target, *targets.values())
        own = {origin(one.address) for one in every}
        also = {origin(extra) for one in every for extra in one.also}
        listed = (own | also) - {""}  # `client:` and `sip:` targets have no origin of the web
        return cls(target.name, target.address, frozenset(own - {""}), frozenset(listed))

    def admits(self, url: str) -> bool:
        """Whether the browser's top page may be at `url`."""
        return url.startswith(_NOWHERE) or origin(url) in self.listed

    def locate(self, path: str) -> str:
        """The URL of a path on the target, or a URL as it is; raises `CannotLook` for others."""
        if not origin(self.address):
            raise CannotLook(
                f"the address of target «{self.name}» is no web address",
                "give it one that begins with http:// or https:// in cxassure.yaml",
            )
        try:
            url = urljoin(self.address, path)
        except ValueError:
            hint = f"write a path on target «{self.name}», or a whole URL"
            raise CannotLook(f"«{path[:80]}» is no address", hint) from None
        if origin(url) not in self.listed:
            raise self.refusal(url)
        return url

    def refusal(self, url: str) -> CannotLook:
        """What is said of a place that is not listed."""
        place = origin(url) or url[:80]
        return CannotLook(
            f"{place} is not a listed target",
            f"add its origin to `also:` of target «{self.name}» in cxassure.yaml",
        )
