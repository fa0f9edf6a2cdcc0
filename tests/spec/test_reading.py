"""Reading files: nothing that is in them raises, and everything wrong has its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cxassure import spec
from cxassure.spec import document
from cxassure.spec.document import PROBLEMS, Document
from cxassure.spec.shape import Shape

GOOD = """\
journey: good
parties: {caller: {channel: ivr, target: support-line}}
steps: [{caller: dial}]
"""

SCALARS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4),
    max_leaves=20,
)
SLIPS = (
    "journey: a\n~steps:\n~  - caller: ~{~}~[~]~${x}~*a~&a ~<<: ~\t~'~\"~|\n~#~---\n~? ~!!int ~: "
    "~use: ~one_of:\n~expect: ~parties: ~rows: ~takes: ~fragment: b\n~\x00~é~\u2028~- ~\n~  "
).split("~")
SLIPPED = st.lists(st.sampled_from(SLIPS), max_size=40).map("".join)


def read(data: bytes) -> Document:
    return document.read(data, "file.yaml")


def problems(root: Path) -> list[str]:
    return [str(problem) for problem in spec.read([root], root).problems]


@given(TREES)
def test_what_was_written_is_what_is_read(tree: object) -> None:
    written = yaml.safe_dump({"top": tree}, default_style='"', allow_unicode=True)
    found = read(written.encode())
    assert found.raw == {"top": tree}
    assert not found.problems


@given(
    st.sampled_from("012 1:30 +4412345 no ~ null 0x1F 1_000 .5 1e3 2026-11-27 Yes on <<".split())
)
def test_a_scalar_stays_the_text_that_it_is(scalar: str) -> None:
    assert read(f"[{scalar}, {{a: {scalar}}}]".encode()).raw == [scalar, {"a": scalar}]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    found = read(data)
    assert found.raw is not None or found.problems


@given(SLIPPED)
def test_no_slip_of_the_pen_makes_it_raise(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "slips"
    folder.mkdir(exist_ok=True)
    (folder / "journey.yaml").write_text(text, "utf-8")
    library = spec.read([folder], folder)
    assert library.journeys or library.fragments or library.problems


@given(TREES, TREES)
def test_no_shape_makes_it_raise(
    tmp_path_factory: pytest.TempPathFactory, one: object, two: object
) -> None:
    folder = tmp_path_factory.getbasetemp() / "shapes"
    folder.mkdir(exist_ok=True)
    keys = "parties steps always rows facts promises tags severity".split()
    tree = {"journey": "shapes", **dict.fromkeys(keys, one), "steps": [two, {"caller": one}]}
    (folder / "journey.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    assert spec.read([folder], folder).problems


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    for name in ("a.yaml", "deep/b.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("journey: x y\nstepz: 1\nparties: 2\n", "utf-8")
    assert [told.partition("\n")[0] for told in problems(tmp_path)] == [
        f"{name}:{told}"
        for name in ("a.yaml", "deep/b.yml")
        for told in (
            "1:1: a journey without steps",
            "1:10: «x y» cannot name a journey",
            "2:1: unknown key «stepz»",
            "3:10: «parties» must hold pairs",
        )
    ]


def test_settings_and_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    for name in ("cxassure.yaml", ".hidden/a.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("not: ours", "utf-8")
    (tmp_path / "good.yaml").write_text(GOOD, "utf-8")
    library = spec.read([tmp_path], tmp_path)
    assert [one.name for one in library.journeys] == ["good"]
    assert not library.problems


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, "utf-8")
    library = spec.read([tmp_path, path, path], tmp_path)
    assert len(library.journeys) == 1
    assert not library.problems


def test_a_path_is_read_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "good.yaml").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    (found,) = spec.read([Path("inner/good.yaml")], Path("inner")).journeys
    assert found.places.path == "good.yaml"


def test_a_settings_file_that_is_named_is_no_journey(tmp_path: Path) -> None:
    path = tmp_path / "cxassure.yaml"
    path.write_text("environments: {}", "utf-8")
    (told,) = spec.read([path], tmp_path).problems
    assert "neither a journey nor a fragment" in told.what


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    (told,) = spec.read([tmp_path / "gone.yaml"], tmp_path).problems
    assert str(told).startswith("gone.yaml: there is no such file")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert not spec.read([tmp_path], tmp_path).problems
    (told,) = spec.read([tmp_path / "pipe.yaml"], tmp_path).problems
    assert told.what == "is no ordinary file"


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"journey: big\n" + b"# more\n" * 1_500_000)
    assert "larger than a megabyte" in problems(tmp_path)[0]


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read(b"\xef\xbb\xbfjourney: a").raw == {"journey": "a"}


def test_utf_16_is_told_as_what_it_is_not() -> None:
    assert read("journey: a".encode("utf-16")).problems[0].what == "this is not UTF-8 text"


def test_nesting_ends_before_the_stack_does() -> None:
    assert "50 deep" in read(b"[" * 500_000).problems[0].what


def test_merge_keys_cannot_swell_a_file() -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: v" for n in range(100)) + "}"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 9)]
    assert "swell" in read("\n".join(lines).encode()).problems[0].what


def test_problems_beyond_counting_are_cut_off(tmp_path: Path) -> None:
    wrong = "".join(f"key{n}: x\n" for n in range(20_000))
    (tmp_path / "many.yaml").write_text("journey: many\n" + wrong, "utf-8")
    assert len(problems(tmp_path)) == PROBLEMS


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}", fullmatch=True))
def test_plain_names_name_files(name: str) -> None:
    shape = Shape(read(b"journey: a"))
    assert shape.file_name(name, "journey", "journey") == name


@given(st.text().filter(lambda text: not text.isascii() or not text.replace("-", "").isalnum()))
def test_no_other_name_leaves_its_folder(name: str) -> None:
    shape = Shape(read(b"journey: a"))
    named = shape.file_name(name, "journey", "journey")
    assert named == "" or not set(named) & set("/\\:. ")


@pytest.mark.parametrize(("meant", "written"), [("channel", "chanel"), ("target", "traget")])
def test_a_misspelt_key_of_a_party_is_told_with_a_guess(
    tmp_path: Path, meant: str, written: str
) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace(f"{meant}:", f"{written}:"))
    (said,) = problems(tmp_path)
    line = f"a.yaml:2:{GOOD.splitlines()[1].index(meant) + 1}"
    assert said == f"{line}: unknown key «{written}»\n    hint: did you mean «{meant}»?"


def test_a_party_without_a_channel_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("channel: ivr, ", "from: kim, "))
    (said,) = problems(tmp_path)
    assert said.startswith("a.yaml:2:11: party «caller» has no channel")
