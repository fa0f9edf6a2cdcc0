"""Every recogniser is held to one suite: ours, a server's, a cloud's in one file."""

from __future__ import annotations

import email
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cxassure.channels._telephony.audio import conformance, recogniser
from cxassure.channels._telephony.audio.conformance import RecogniserConformance
from cxassure.channels._telephony.audio.menu import MenuGrammar
from cxassure.channels._telephony.audio.recogniser import Said
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.errors import CannotLook

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[3] / "docs" / "examples" / "deepgram_recogniser.py"


class Recorded(RecogniserConformance):
    def spoken(self) -> Sound:
        return read_wav(HERE / "prompts" / "menu.wav")

    def test_it_works_in_a_process_of_its_own(self, options: Any) -> None:
        """Ours are asked so by the tests of recognition; a process each would take long."""


class TestWhisper(Recorded):
    recogniser = "whisper"

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {}


class TestMenu(Recorded):
    recogniser, led = "menu", True

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {}


class TestGolden(Recorded):
    recogniser = "golden"

    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
        folder = tmp_path_factory.getbasetemp() / "golden"
        folder.mkdir(exist_ok=True)
        (folder / f"{self.text.replace(' ', '-')}.wav").write_bytes(self.spoken().wav())
        return {"folders": [str(folder)]}


class Ears(BaseHTTPRequestHandler):
    """Hears what is posted: `/v1/audio/transcriptions` of a form as OpenAI takes it, `/v1/listen`
    of the recording itself as Deepgram does. What it has heard is one of two texts."""

    ear: ClassVar[MenuGrammar]
    turn = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        openai = self.path == "/v1/audio/transcriptions"
        said = self.heard(self.form(body)["file"] if openai else body)
        told = json.dumps(self.transcript(said) if openai else self.alternative(said)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def form(self, body: bytes) -> dict[str, bytes]:
        kind = self.headers["Content-Type"].encode()
        parts = email.message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
        return {
            str(part.get_param("name", header="content-disposition")): bytes(
                part.get_payload(decode=True)
            )
            for part in parts.walk()
            if not part.is_multipart()
        }

    def heard(self, wav: bytes) -> Said:
        with self.turn:
            texts = [RecogniserConformance.text, RecogniserConformance.other]
            return self.ear.hear(read_wav(wav), texts, "en")

    def transcript(self, said: Said) -> dict[str, Any]:
        words = [{"word": one.text, "start": one.start, "end": one.end} for one in said.words]
        return {"text": said.text, "words": words, "segments": [{"avg_logprob": -0.2}]}

    def alternative(self, said: Said) -> dict[str, Any]:
        words = [{"word": one.text, **asdict(one)} for one in said.words]
        best = {"transcript": said.text, "confidence": 0.9, "words": words}
        return {"results": {"channels": [{"alternatives": [best]}]}}

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def ears() -> Iterator[str]:
    Ears.ear = MenuGrammar()
    with ThreadingHTTPServer(("127.0.0.1", 0), Ears) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


class TestEndpoint(Recorded):
    recogniser = "endpoint"

    @pytest.fixture
    def options(self, ears: str) -> dict[str, Any]:
        return {"url": f"{ears}/v1", "model": "two-texts"}


@pytest.fixture
def deepgram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example of the documentation, installed as pip would."""
    (tmp_path / EXAMPLE.name).write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    _install(tmp_path, "deepgram = deepgram_recogniser:Deepgram", monkeypatch)
    yield
    sys.modules.pop("deepgram_recogniser", None)
    monkeypatch.undo()
    recogniser._points.cache_clear()


def _install(folder: Path, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    about = folder / "ears-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ears\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[cxassure.recognisers]\n{point}\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    recogniser._points.cache_clear()


@pytest.mark.usefixtures("deepgram")
class TestACloudInOneFile(Recorded):
    recogniser = "deepgram"

    @pytest.fixture
    def options(self, ears: str) -> dict[str, Any]:
        return {"url": ears, "key": "k3y"}

    def test_it_works_in_a_process_of_its_own(self, options: Any) -> None:
        RecogniserConformance.test_it_works_in_a_process_of_its_own(self, options)


class Slip:
    """An engine that does what the suite forbids."""

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        return Said(expected[0], 2.0, (), ((1.0, 2.0, 3.0),), (1.0,))


SLIPS = (
    "says_what_it_is", "hears_what_is_said", "not_led", "belongs_to_the_texts",
)  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_found(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Suite(Recorded):
        recogniser = "slip"

    engine = Slip()
    Slip.__doc__ = None
    monkeypatch.setitem(conformance._MADE, "slip []", engine)
    (check,) = [getattr(Suite(), name) for name in dir(Suite) if slip in name]
    with pytest.raises(AssertionError):
        check({})


def test_a_recogniser_that_cannot_be_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deaf.py").write_text('"""No class here."""\n')
    _install(tmp_path, "deaf = deaf:Deaf\nlost = no_such_module:Lost", monkeypatch)
    with pytest.raises(CannotLook, match=r"deaf:Deaf.*cannot be loaded"):
        recogniser.recogniser("deaf")
    with pytest.raises(CannotLook, match="needs no_such_module"):
        recogniser.recogniser("lost")
    monkeypatch.undo()
    recogniser._points.cache_clear()
