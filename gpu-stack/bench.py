"""How fast the three services answer: `python3 gpu-stack/bench.py`, with nothing installed.

For speech, each number of solver steps and each number of callers at once: time to the first audio, and how
much computing a second of audio takes. For recognition: time to the text. For the language model: time to the
first token, and between tokens. p50 and p99, with the machine they were measured on. What to expect:
docs/gpu-stack.md.
"""

import argparse
import http.client
import io
import json
import math
import os
import platform
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Barrier
from urllib.parse import urlsplit

SENTENCE = "Здравствуйте! Столик на двоих у окна свободен завтра в семь часов вечера. На какое имя записать?"
QUESTION = "Расскажи в трёх предложениях, почему небо голубое."
PCM_BYTES_PER_SECOND = 24_000 * 2


class BenchError(Exception):
    """One line: which endpoint, and what it said."""


class NotOffered(BenchError):
    """The endpoint understood the request and does not do that."""


@dataclass(frozen=True)
class Endpoint:
    url: str  # up to and including /v1
    key: str | None

    def request(
        self, method: str, path: str, body: bytes = b"", content: str = "application/json"
    ) -> http.client.HTTPResponse:
        """The answer, its body still unread. @raises BenchError"""
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=120)
        headers = {"Content-Type": content} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            connection.request(method, f"{parts.path.rstrip('/')}{path}", body, headers)
            answer = connection.getresponse()
        except OSError as error:
            raise BenchError(f"{self.url}: {error}") from error
        if answer.status != 200:
            said = f"{self.url}{path}: {answer.status} {answer.read(500).decode(errors='replace')}"
            raise (NotOffered if answer.status in (400, 422) else BenchError)(said)
        return answer

    def post(self, path: str, body: object) -> http.client.HTTPResponse:
        return self.request("POST", path, json.dumps(body).encode())

    def model(self) -> str:
        """The first model it lists. @raises BenchError"""
        listed = json.load(self.request("GET", "/models"))["data"]
        if not listed:
            raise BenchError(f"{self.url}/models lists no model")
        return str(listed[0]["id"])


@dataclass(frozen=True)
class Spoken:
    first_audio_s: float
    total_s: float
    audio_s: float


def speak(tts: Endpoint, model: str, text: str, steps: int) -> Spoken:
    started = time.perf_counter()
    answer = tts.post(
        "/audio/speech", {"model": model, "input": text, "response_format": "pcm", "quality": steps}
    )
    first = answer.read1(65_536)
    first_audio_s = time.perf_counter() - started
    size = len(first) + sum(map(len, iter(lambda: answer.read1(65_536), b"")))
    return Spoken(first_audio_s, time.perf_counter() - started, size / PCM_BYTES_PER_SECOND)


def together(count: int, work: Callable[[], Spoken]) -> list[Spoken]:
    """`count` callers that begin at the same moment."""
    start = Barrier(count)

    def one() -> Spoken:
        start.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


def transcribe(stt: Endpoint, model: str, audio: bytes) -> float:
    """Seconds from the upload to the text."""
    boundary = "sidetone-bench"
    fields = {"model": model, "response_format": "json", "language": "ru"}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="audio.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    ).encode()
    body += audio + f"\r\n--{boundary}--\r\n".encode()
    started = time.perf_counter()
    json.load(stt.request("POST", "/audio/transcriptions", body, f"multipart/form-data; boundary={boundary}"))
    return time.perf_counter() - started


def chat(llm: Endpoint, model: str, question: str, tokens: int) -> tuple[float, list[float]]:
    """Seconds to the first token, and between the following ones."""
    started = time.perf_counter()
    answer = llm.post(
        "/chat/completions",
        {
            "model": model,
            "messages": [{"role": "user", "content": question}],
            "max_tokens": tokens,
            "stream": True,
        },
    )
    times = [time.perf_counter() for event in events(answer) if said(event)]
    if not times:
        raise BenchError(f"{llm.url}/chat/completions: the answer had no text")
    return times[0] - started, [later - earlier for earlier, later in pairwise(times)]


def events(answer: http.client.HTTPResponse) -> Iterator[dict[str, list[dict[str, dict[str, str]]]]]:
    """The JSON of server-sent events, as they arrive."""
    for line in answer:
        data = line.decode().strip().removeprefix("data: ")
        if data.startswith("{"):
            yield json.loads(data)


def said(event: dict[str, list[dict[str, dict[str, str]]]]) -> bool:
    return any(choice.get("delta", {}).get("content") for choice in event.get("choices", []))


def percentile(values: list[float], percent: float) -> float:
    """Nearest rank: a value that was measured, the largest where there are few."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def row(name: str, values: list[float], unit: str = "ms") -> str:
    scale = 1000 if unit == "ms" else 1
    p50, p99 = (percentile(values, percent) * scale for percent in (50, 99))
    digits = 0 if unit == "ms" and p50 >= 10 else 3
    return f"{name:<38}{p50:>10.{digits}f}{p99:>10.{digits}f} {unit:<4}{len(values):>5}"


def machine() -> str:
    gpus = "no GPU seen from here"
    try:
        query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
        done = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode == 0:
            gpus = "; ".join(done.stdout.strip().splitlines())
    except OSError:
        pass
    return f"{gpus} | {os.cpu_count()} x {platform.machine()}, {platform.system()} {platform.release()}"


def bench_tts(tts: Endpoint, arguments: argparse.Namespace) -> None:
    model = tts.model()
    for steps in arguments.steps:
        try:
            speak(tts, model, arguments.text, steps)
        except NotOffered:
            print(f"tts {steps} steps: not offered")
            continue
        for callers in arguments.callers:
            bench_callers(f"tts {steps} steps, {callers} at once", tts, model, steps, callers, arguments)


def bench_callers(
    name: str, tts: Endpoint, model: str, steps: int, callers: int, arguments: argparse.Namespace
) -> None:
    first_audio, factors = [], []
    for _ in range(arguments.runs):
        started = time.perf_counter()
        spoken = together(callers, lambda: speak(tts, model, arguments.text, steps))
        # Computing time for a second of audio; with several callers of all their audio together.
        factors.append((time.perf_counter() - started) / sum(one.audio_s for one in spoken))
        first_audio += [one.first_audio_s for one in spoken]
    print(row(f"{name}: first audio", first_audio))
    print(row(f"{name}: RTF", factors, "x"), flush=True)


def bench_stt(stt: Endpoint, arguments: argparse.Namespace) -> None:
    model = stt.model()
    audio = arguments.audio.read() if arguments.audio else tone(4.0)
    transcribe(stt, model, audio)
    times = [transcribe(stt, model, audio) for _ in range(arguments.runs)]
    print(row(f"stt {seconds_of(audio):.1f} s of audio: text", times), flush=True)


def bench_llm(llm: Endpoint, arguments: argparse.Namespace) -> None:
    model = llm.model()
    chat(llm, model, arguments.question, 4)
    answers = [chat(llm, model, arguments.question, arguments.tokens) for _ in range(arguments.runs)]
    print(row("llm first token (TTFT)", [first for first, _ in answers]))
    between = [gap for _, gaps in answers for gap in gaps]
    if between:
        print(row("llm between tokens (TPOT)", between), flush=True)


def tone(seconds: float) -> bytes:
    """A WAV where none is given. Recognition takes its time for it, but says nothing about real speech."""
    samples = (int(8000 * math.sin(2 * math.pi * 220 * i / 16_000)) for i in range(int(seconds * 16_000)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return buffer.getvalue()


def seconds_of(audio: bytes) -> float:
    with wave.open(io.BytesIO(audio)) as file:
        return float(file.getnframes() / file.getframerate())


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def arguments_of(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--llm", default=os.environ.get("LLM_API_URL", "http://127.0.0.1:8085/v1"))
    parser.add_argument("--stt", default=os.environ.get("STT_API_URL", "http://127.0.0.1:8000/v1"))
    parser.add_argument("--tts", default=os.environ.get("TTS_API_URL", "http://127.0.0.1:8090/v1"))
    parser.add_argument("--only", choices=["llm", "stt", "tts"], help="one of the three")
    parser.add_argument("--runs", type=int, default=20, help="of each measurement")
    parser.add_argument("--steps", type=numbers, default=[7, 12, 16, 32], help="of speech, comma-separated")
    parser.add_argument("--callers", type=numbers, default=[1, 2, 4, 8], help="of speech at once")
    parser.add_argument("--text", default=SENTENCE, help="what is spoken")
    parser.add_argument("--audio", type=argparse.FileType("rb"), help="WAV to recognise; default: a tone")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--tokens", type=int, default=64, help="of an answer")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """@returns the exit code: 0 measured, 1 an endpoint failed. The key, if any, is in API_KEY."""
    arguments = arguments_of(given)
    key = os.environ.get("API_KEY") or None
    print(f"{machine()}\n{'':<38}{'p50':>10}{'p99':>10} {'':<4}{'n':>5}", flush=True)
    try:
        for name, measure in (("llm", bench_llm), ("stt", bench_stt), ("tts", bench_tts)):
            if arguments.only in (None, name):
                measure(Endpoint(getattr(arguments, name), key), arguments)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
