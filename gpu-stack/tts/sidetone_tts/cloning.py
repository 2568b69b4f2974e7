"""From a recording and its words to a reference that the model can imitate, made once for each content."""

import asyncio
from collections.abc import Awaitable, Callable

from .model import F5Model, Reference, SpeechError
from .once import Once, content_key
from .reference import Audio, BadSample, Sample, as_wav, decode, prepare

# References kept in memory, at most 0.5 MB each (100 mels of 4 bytes, 94 times a second, 12 s).
_KEPT = 256
# Letters and digits a second, of which no one says more or less; such a text belongs to another recording.
_SLOWEST, _FASTEST = 2.0, 30.0


class Cloning:
    """normalize: as the text to say is normalised, for the two must be written alike.

    transcribe: of a WAV file; None where no service writes down recordings.
    """

    def __init__(
        self,
        model: F5Model,
        normalize: Callable[[str], str],
        transcribe: Callable[[bytes], Awaitable[str]] | None,
        *,
        min_speech_s: float,
    ) -> None:
        self._model = model
        self._normalize = normalize
        self._transcribe = transcribe
        self._min_speech_s = min_speech_s
        self._references = Once[Reference](_KEPT)

    async def close(self) -> None:
        await self._references.close()

    async def read(self, data: bytes, ref_text: str | None) -> tuple[Sample, str]:
        """The recording made ready, and what is said in it. @raises BadSample, NotTranscribed"""
        sample = await asyncio.to_thread(prepare, data, min_speech_s=self._min_speech_s)
        ref_text = (ref_text or "").strip()
        if sample.cut and ref_text:
            raise BadSample(
                f"{sample.speech_s:.1f} s of speech found, of which {sample.seconds:.1f} s can be used: "
                "its text would not fit. Shorten both, or leave the text out"
            )
        text = ref_text or await self._words(sample)
        letters = sum(letter.isalnum() for letter in text) / sample.seconds
        if not _SLOWEST <= letters <= _FASTEST:
            raise BadSample(
                f"its text has {letters:.1f} letters for each second of it: is it of another recording?"
            )
        return sample, text

    async def uploaded(self, data: bytes, ref_text: str | None) -> Reference:
        """Of a recording as somebody made it. @raises BadSample, NotTranscribed"""

        async def make() -> Reference:
            sample, text = await self.read(data, ref_text)
            return await self._reference(sample.audio, text)

        return await self._references.get(content_key(data, "uploaded", ref_text or ""), make)

    async def stored(self, wav: bytes, ref_text: str) -> Reference:
        """Of a recording that `read` had made ready."""

        async def make() -> Reference:
            return await self._reference(decode(wav)[0], ref_text)

        return await self._references.get(content_key(wav, "stored", ref_text), make)

    async def _reference(self, audio: Audio, text: str) -> Reference:
        normal = await asyncio.to_thread(self._normalize, text)
        try:
            return await asyncio.to_thread(self._model.reference, audio, normal)
        except SpeechError as error:
            raise BadSample(str(error)) from error

    async def _words(self, sample: Sample) -> str:
        if self._transcribe is None:
            raise BadSample("its text is missing, and no STT_API_URL is set to find it out; give ref_text")
        return await self._transcribe(as_wav(sample.audio))
