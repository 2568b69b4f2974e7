"""Recordings of the voice to clone: taken apart, judged, and made ready for the model.

sample = prepare(uploaded_bytes)    # raises BadSample with every reason at once
"""

import io
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 24_000
# What F5-TTS was trained with: longer references leave no room for what is to be said.
MAX_SECONDS = 12.0
# Longer recordings are refused before they are decoded to the end.
MAX_UPLOAD_SECONDS = 120.0
MIN_SPEECH_S = 5.0
_MAX_CLIPPED = 0.01
_MIN_SNR_DB = 15.0

_FRAME = SAMPLE_RATE // 50
# What is no pause but part of a word; what is a pause within a speech; what is kept of the silence around it.
_PAUSE_S = 0.3
_BREATH_S = 1.0
_MARGIN_S = 0.1
_TAIL_S = 0.05
# Root mean square of full scale; upstream's target_rms (f5_tts/infer/utils_infer.py).
_LEVEL = 0.1
_PEAK = 0.95
_SILENCE_DB = -60.0

_MP3_FRAMES = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


class BadSample(Exception):
    """Why a recording cannot serve as a voice; for the person who made it."""


@dataclass(frozen=True)
class Sample:
    """A recording ready for the model.

    audio: mono, 24 kHz, float32, at most 12 s. speech_s: seconds of speech in the whole recording. clipped:
    part of its samples at full scale, 0..1. snr_db: speech over noise. cut: whether speech was left out
    because it was too long, so that a text of the whole recording no longer fits.
    """

    audio: Audio
    speech_s: float
    clipped: float
    snr_db: float
    cut: bool

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_RATE


def prepare(data: bytes, *, min_speech_s: float = MIN_SPEECH_S) -> Sample:
    """Decodes an upload, judges it, trims it at silence to 12 s, levels it.

    min_speech_s: seconds of speech needed, with the pauses of up to a second in it.
    @raises BadSample
    """
    audio, rate = decode(data)
    clipped = float(np.mean(np.abs(audio) >= 0.999))
    audio = soxr.resample(audio, rate, SAMPLE_RATE)
    # A constant offset is no sound, but it would count as loudness.
    audio = audio - audio.mean()
    levels = _levels_db(audio)
    speech = _speech(levels)
    speech_s = float(_filled(speech, _BREATH_S).sum()) * _FRAME / SAMPLE_RATE
    snr_db = _snr_db(levels, speech)
    problems = [
        (speech_s < min_speech_s, f"{speech_s:.1f} s of speech found, {min_speech_s:g} needed"),
        (clipped > _MAX_CLIPPED, f"clipping in {clipped * 100:.0f} % of samples"),
        (speech_s > 0 and snr_db < _MIN_SNR_DB, f"{snr_db:.0f} dB signal to noise, {_MIN_SNR_DB:.0f} needed"),
    ]
    reasons = "; ".join(reason for applies, reason in problems if applies)
    if reasons:
        raise BadSample(reasons)
    start, end, cut = _span(speech)
    return Sample(_levelled(audio[start:end]), speech_s, clipped, snr_db, cut)


def decode(data: bytes) -> tuple[Audio, int]:
    """Mono samples and their rate, of a WAV, FLAC, Ogg or MP3 file; what a file calls itself is not believed.

    @raises BadSample
    """
    kind = _kind(data[:12])
    if kind is None:
        raise BadSample("this is no WAV, FLAC, Ogg or MP3 file")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate = file.samplerate
            if not 8000 <= rate <= 192_000:
                raise BadSample(f"{rate} Hz; 8000 to 192000 can be used")
            # One sample more than allowed tells a recording that is too long, whatever its header claims.
            most = int(MAX_UPLOAD_SECONDS * rate)
            audio = file.read(most + 1, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise BadSample(f"this {kind} file is damaged or of an unknown kind: {error}") from error
    if len(audio) > most:
        raise BadSample(f"longer than {MAX_UPLOAD_SECONDS:.0f} s; about 10 s are needed")
    if len(audio) < rate // 10:
        raise BadSample(f"{len(audio) / rate:.2f} s long; about 10 s are needed")
    if not np.isfinite(audio).all():
        raise BadSample("it has samples that are not numbers")
    mono: Audio = audio.mean(axis=1, dtype=np.float32)
    return mono, rate


def _kind(head: bytes) -> str | None:
    """What the first bytes say that a file is."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:3] == b"ID3" or head[:2] in _MP3_FRAMES:
        return "MP3"
    return {b"fLaC": "FLAC", b"OggS": "Ogg"}.get(head[:4])


def as_wav(audio: Audio) -> bytes:
    """A 16-bit WAV of mono 24 kHz audio."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, SAMPLE_RATE, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def _levels_db(audio: Audio) -> npt.NDArray[np.float64]:
    """Loudness of each 20 ms in dB of full scale."""
    whole = len(audio) // _FRAME * _FRAME
    frames = audio[:whole].reshape(-1, _FRAME).astype(np.float64)
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return levels


def _speech(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which frames are speech: those well above the quiet ones, and the short pauses between them."""
    loud, quiet = np.percentile(levels, 98), np.percentile(levels, 5)
    threshold = max(_SILENCE_DB, quiet + 6, loud - 30)
    speech = levels > min(threshold, loud)
    if loud <= _SILENCE_DB:
        speech[:] = False
    return _filled(speech, _PAUSE_S)


def _filled(speech: npt.NDArray[np.bool_], seconds: float) -> npt.NDArray[np.bool_]:
    """With the gaps of up to that long counted as speech."""
    filled = speech.copy()
    longest = int(seconds * SAMPLE_RATE / _FRAME)
    for before, after in pairwise(np.flatnonzero(speech)):
        if after - before <= longest:
            filled[before:after] = True
    return filled


def _snr_db(levels: npt.NDArray[np.float64], speech: npt.NDArray[np.bool_]) -> float:
    if not speech.any():
        return 0.0
    # The quietest frames are noise alone, be they before the speech or between its words.
    return float(np.percentile(levels[speech], 80) - max(np.percentile(levels, 3), -90.0))


def _span(speech: npt.NDArray[np.bool_]) -> tuple[int, int, bool]:
    """First and last sample to keep, and whether speech lies after the last."""
    at = np.flatnonzero(speech)
    margin = int(_MARGIN_S * SAMPLE_RATE)
    start = max(0, int(at[0]) * _FRAME - margin)
    end = (int(at[-1]) + 1) * _FRAME + margin
    most = int((MAX_SECONDS - _TAIL_S) * SAMPLE_RATE)
    if end - start <= most:
        return start, end, False
    # The last pause before the limit; in one stretch of speech without any, wherever the limit falls.
    pauses = np.flatnonzero(~speech)
    fitting = pauses[(pauses * _FRAME > start + most // 2) & ((pauses + 1) * _FRAME < start + most)]
    end = (int(fitting[-1]) + 1) * _FRAME if len(fitting) else start + most
    return start, end, True


def _levelled(audio: Audio) -> Audio:
    """As loud as every other voice, with soft edges and a little silence after it."""
    gain = _LEVEL / float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))
    gain = min(gain, _PEAK / float(np.abs(audio).max()))
    out = np.concatenate([audio * np.float32(gain), np.zeros(int(_TAIL_S * SAMPLE_RATE), np.float32)])
    ramp = np.linspace(0, 1, _FRAME // 4, dtype=np.float32)
    out[: len(ramp)] *= ramp
    speech_end = len(audio)
    out[speech_end - len(ramp) : speech_end] *= ramp[::-1]
    return out.astype(np.float32)
