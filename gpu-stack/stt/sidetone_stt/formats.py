"""A transcript in the shapes of OpenAI's API."""

import json
import math
from collections.abc import Sequence
from typing import Literal

from sidetone_stt.transcript import Segment

ResponseFormat = Literal["json", "text", "verbose_json", "srt", "vtt"]


def whole_text(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments).strip()


def usage(audio_s: float) -> dict[str, object]:
    return {"type": "duration", "seconds": math.ceil(audio_s)}


def verbose(segments: Sequence[Segment], audio_s: float, language: str, words: bool) -> dict[str, object]:
    """language: what the model took it for, as ISO 639-1."""
    body: dict[str, object] = {
        "task": "transcribe",
        "language": language,
        "duration": round(audio_s, 3),
        "text": whole_text(segments),
        "segments": [
            {
                "id": place,
                "seek": 0,
                "start": round(segment.start, 3),
                "end": round(segment.end, 3),
                "text": segment.text,
                "tokens": list(segment.tokens),
                "temperature": segment.temperature,
                "avg_logprob": segment.avg_logprob,
                "compression_ratio": segment.compression_ratio,
                "no_speech_prob": segment.no_speech_prob,
            }
            for place, segment in enumerate(segments)
        ],
        "usage": usage(audio_s),
    }
    if words:
        body["words"] = [
            {
                "word": word.text.strip(),
                "start": round(word.start, 3),
                "end": round(word.end, 3),
                "probability": round(word.probability, 4),
            }
            for segment in segments
            for word in segment.words
        ]
    return body


def subtitles(segments: Sequence[Segment], kind: Literal["srt", "vtt"]) -> str:
    """SubRip or WebVTT."""
    point = "," if kind == "srt" else "."
    blocks = ["WEBVTT\n"] if kind == "vtt" else []
    for number, segment in enumerate(segments, 1):
        head = f"{number}\n" if kind == "srt" else ""
        times = f"{_clock(segment.start, point)} --> {_clock(segment.end, point)}"
        # An arrow within a text would be read as times.
        text = segment.text.strip().replace("-->", "→")
        blocks.append(f"{head}{times}\n{text}\n")
    return "\n".join(blocks)


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def event(body: dict[str, object]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
