"""Lists the benchmarks, or runs one: `./cx bench` or `python -m bench`, `[NAME] [--quick]`."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benches() -> dict[str, Path]:
    """The benchmarks by name: every public module of this folder."""
    return {path.stem.replace("_", "-"): path for path in sorted(HERE.glob("[!_]*.py"))}


def sentence(path: Path) -> str:
    """The first line of the module's docstring."""
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return doc.partition("\n")[0]


def main(arguments: list[str]) -> int:
    known = benches()
    if not arguments:
        print("\n".join(f"{name:<17} {sentence(path)}" for name, path in known.items()))
        return 0
    name = arguments[0]
    if name not in known:
        print(
            f"there is no benchmark «{name}»\n    hint: known: {', '.join(known)}", file=sys.stderr
        )
        return 2
    sys.argv = [str(known[name]), *arguments[1:]]
    if str(HERE) not in sys.path:  # `python -m bench`: a benchmark imports what is beside it
        sys.path.insert(0, str(HERE))
    runpy.run_path(str(known[name]), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
