"""What `${…}` stands for while a probe runs: kept values, environment, secrets, person, targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cxassure.engine.people import Person
from cxassure.errors import CannotLook
from cxassure.text import Raw, all_references, fill_all, unescape


class NotKept(Exception):
    """A value is referred to that no step has kept."""

    def __init__(self, name: str) -> None:
        super().__init__(f"«{name}» was never kept")
        self.name = name


class References:
    """Resolves the references of one run. `kept` grows as steps keep values."""

    def __init__(
        self,
        environ: Mapping[str, str],
        secret: Callable[[str], str],
        person: Person,
        addresses: Mapping[str, str],
    ) -> None:
        self.kept: dict[str, str] = {}
        self._environ = environ
        self._secret = secret
        self._person = person
        self._addresses = addresses

    def resolve(self, raw: Raw) -> Raw:
        """`raw` with every reference replaced. Raises `NotKept`, or `CannotLook` for ours."""
        return unescape(fill_all(raw, self.value))

    def text(self, text: str) -> str:
        """`resolve` for one scalar."""
        resolved = self.resolve(text)
        assert isinstance(resolved, str)
        return resolved

    def known(self, raw: Raw) -> bool:
        """Whether every kept value that `raw` refers to exists by now."""
        return all(name in self.kept or "." in name for name in all_references(raw))

    def value(self, name: str) -> str:
        """What `${name}` stands for now."""
        if name in self.kept:
            return self.kept[name]
        space, _, rest = name.partition(".")
        match space if rest else "":
            case "secret":
                return self._secret(rest)
            case "person":
                return self._person[rest]
            case "env":
                return self._env(rest)
            case "target":
                return self._address(rest)
        raise NotKept(name)

    def _env(self, name: str) -> str:
        if name not in self._environ:
            raise CannotLook(f"environment variable {name} is not set", f"set it: export {name}=…")
        return self._environ[name]

    def _address(self, name: str) -> str:
        if name not in self._addresses:
            raise CannotLook(
                f"target «{name}» has no address here", "name it in cxassure.yaml, or choose --env"
            )
        return self._addresses[name]
