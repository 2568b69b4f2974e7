"""Who speaks: the default voice, those that were added, and the recordings that requests bring along."""

import asyncio
from pathlib import Path

from sidetone_common import logs
from sidetone_common.errors import ApiError

from .cloning import Cloning
from .model import Reference
from .reference import BadSample, as_wav
from .requests import recording
from .transcribe import NotTranscribed
from .voices import BadName, NoSuchVoice, Voice, VoiceExists, VoiceStore

log = logs.get("voices")

DEFAULT_VOICE = "default"


class Casting:
    """ref_audio: file of the default voice, which may be missing. ref_text: its words; None: transcribed.

    Everything raises ApiError for what the client can know and mend.
    """

    def __init__(self, cloning: Cloning, store: VoiceStore, ref_audio: Path, ref_text: str | None) -> None:
        self._cloning = cloning
        self._store = store
        self._ref_audio = ref_audio
        self._ref_text = ref_text

    def names(self) -> list[str]:
        """All that `find` knows."""
        default = [DEFAULT_VOICE] if self._ref_audio.is_file() else []
        return [*default, *(voice.name for voice in self.added())]

    def added(self) -> list[Voice]:
        return self._store.list()

    async def find(self, name: str | None, ref_audio: str | None, ref_text: str | None) -> Reference:
        """The voice a request asks for: its own recording before a name, and a name before the default one.

        @raises ApiError
        """
        try:
            if ref_audio is not None:
                return await self._cloning.uploaded(recording(ref_audio), ref_text)
            if name is None or name == DEFAULT_VOICE:
                return await self._default_voice()
        except BadSample as error:
            raise ApiError(400, "bad_sample", f"ref_audio: {error}", param="ref_audio") from error
        except NotTranscribed as error:
            raise ApiError(503, "not_transcribed", f"ref_audio: {error}", param="ref_text") from error
        try:
            voice, wav = self._store.get(name)
        except NoSuchVoice as error:
            there = ", ".join(self.names()) or "none yet"
            raise ApiError(
                400,
                "voice_not_found",
                f"voice {name}: the voices here are {there}; add it at /v1/audio/voices, or send ref_audio",
                param="voice",
            ) from error
        return await self._cloning.stored(wav, voice.ref_text)

    async def add(self, name: str, data: bytes, ref_text: str | None, consent: str) -> Voice:
        """@raises ApiError"""
        try:
            if name.strip() == DEFAULT_VOICE:
                raise BadName("default is the voice of TTS_REF_AUDIO")
            # Before the long part, which may ask the recognition service.
            self._store.check_free(name)
            sample, text = await self._cloning.read(data, ref_text)
            voice = await asyncio.to_thread(
                self._store.add,
                name,
                as_wav(sample.audio),
                ref_text=text,
                consent=consent,
                seconds=sample.seconds,
            )
        except BadName as error:
            raise ApiError(400, "invalid_value", f"name: {error}", param="name") from error
        except VoiceExists as error:
            raise ApiError(
                409, "voice_exists", f"voice {error} exists; delete it first", param="name"
            ) from error
        except BadSample as error:
            raise ApiError(400, "bad_sample", f"audio_sample: {error}", param="audio_sample") from error
        except NotTranscribed as error:
            raise ApiError(503, "not_transcribed", f"audio_sample: {error}", param="ref_text") from error
        log.info("voice.added", name=voice.name, seconds=voice.seconds, consent=logs.Text(consent))
        return voice

    def remove(self, name: str) -> None:
        """@raises ApiError"""
        try:
            self._store.remove(name)
        except NoSuchVoice as error:
            raise ApiError(404, "voice_not_found", f"there is no voice {name}", param="name") from error
        log.info("voice.removed", name=name)

    async def _default_voice(self) -> Reference:
        file = self._ref_audio
        try:
            # Each time: a new recording counts from the next request on. What is made of it is remembered.
            data = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise ApiError(
                400,
                "voice_not_found",
                f"no voice was asked for, and there is no default one: put a recording of 5 to 10 s at {file}"
                " (TTS_REF_AUDIO), name a voice, or send ref_audio",
                param="voice",
            ) from error
        return await self._cloning.uploaded(data, self._ref_text)
