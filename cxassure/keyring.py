"""Where secrets and variables of the environment are read, and which a run could say aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cxassure.errors import CannotLook
from cxassure.probe import Probe
from cxassure.settings import Environment
from cxassure.text import all_references


@dataclass(slots=True)
class Keyring:
    """Reads by name, each time anew. `given` are the secrets of a started company."""

    root: Path
    environment: Environment
    environ: Mapping[str, str]
    given: Mapping[str, str] = field(default_factory=dict)

    def secret(self, name: str) -> str:
        """The value of `${secret.name}`. Raises `CannotLook` that says where it was looked for."""
        source = self.environment.secrets.get(name)
        variable = (source.env if source else "") or _variable(name)
        if variable in self.environ:
            return self.environ[variable]
        if source and source.file:
            return _read(name, self.root / source.file)
        if name in self.given:
            return self.given[name]
        raise CannotLook(f"secret.{name} is not set", f"set it: export {variable}=…")

    def reference(self, name: str) -> str | None:
        """The value of `${secret.name}` or `${env.name}`; None for a reference of another kind.

        Raises `CannotLook` where it is not set.
        """
        kind, _, rest = name.partition(".")
        if kind == "secret":
            return self.secret(rest)
        if kind == "env" and rest not in self.environ:
            raise CannotLook(f"env.{rest} is not set", f"set it: export {rest}=…")
        return self.environ[rest] if kind == "env" else None

    def sayable(self, probes: Iterable[Probe]) -> dict[str, str]:
        """Every secret that can be read and could be said: what the mask must know."""
        names = set(self.environment.secrets)
        for target in self.environment.targets.values():
            names |= _named(msgspec.to_builtins(target))
        for document in probes:
            names |= _named(msgspec.to_builtins(document))
        found = {}
        for name in sorted(names):
            try:
                found[name] = self.secret(name)
            except CannotLook:
                continue
        return found


def _variable(name: str) -> str:
    return "CXASSURE_SECRET_" + name.upper().replace("-", "_")


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as wrong:
        raise CannotLook(f"secret.{name} cannot be read from {path}: {wrong.strerror}") from None
    except UnicodeDecodeError:
        what = f"secret.{name} cannot be read: {path} is no text in UTF-8"
        raise CannotLook(what, "write the file anew as UTF-8; other bytes as base64") from None


def _named(value: object) -> set[str]:
    return {
        name.removeprefix("secret.") for name in _references(value) if name.startswith("secret.")
    }


def _references(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from all_references(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)
