"""What a request for speech may say: OpenAI's fields, those of vLLM-Omni for cloning, and our own."""

import base64
import binascii
import re
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sidetone_common.errors import ApiError

_DATA_URL = re.compile(r"data:[\w.+/-]{0,100}(;[\w.+=-]{1,100}){0,9};base64,", re.ASCII)
_LANGUAGES = {"russian": "ru", "русский": "ru", "english": "en", "английский": "en"}
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


class VoiceId(BaseModel):
    """OpenAI's custom voices."""

    id: str


class SpeechRequest(BaseModel):
    """voice: a name of GET /v1/audio/voices. ref_audio: a data URL of a voice to clone; ref_text: its words.

    language: a code or an English name. quality: the model's number of steps, or its name in schedule. seed:
    the same one gives the same speech.
    """

    model: str
    input: str
    voice: str | VoiceId | None = None
    ref_audio: str | None = None
    ref_text: str | None = None
    language: str | None = None
    response_format: str = "wav"
    stream_format: Literal["audio", "sse"] = "audio"
    speed: Annotated[float, Field(ge=0.25, le=4)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    quality: Literal["fast", "balanced", "best", 7, 12, 16] | None = None

    @property
    def voice_name(self) -> str | None:
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice


class NormalizeRequest(BaseModel):
    input: str
    language: str | None = None


def recording(data_url: str) -> bytes:
    """The bytes of `ref_audio`. @raises ApiError for anything but a base64 data URL"""
    head = _DATA_URL.match(data_url)
    try:
        if head is None:
            raise ValueError("no data URL")
        return base64.b64decode(data_url[head.end() :], validate=True)
    except (ValueError, binascii.Error) as error:
        raise ApiError(
            400,
            "invalid_value",
            "ref_audio has to be a data URL of the recording, data:audio/wav;base64,...; nothing is fetched",
            param="ref_audio",
        ) from error


def language_code(said: str | None, default: str) -> str:
    """The code in "ru", "ru-RU" or "Russian". @raises ApiError for a language that is not spoken here"""
    if not said:
        return default
    word = said.strip().lower()
    code = _LANGUAGES.get(word, re.split("[-_]", word)[0])
    if code not in _LANGUAGES.values():
        raise ApiError(400, "invalid_value", f"language {said}: ru and en are spoken", param="language")
    return code


def language_of(text: str) -> str:
    """Of words whose language nobody said."""
    return "ru" if _CYRILLIC.search(text) else "en"
