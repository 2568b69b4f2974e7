"""Audio as it comes over the wire, turned into samples."""

import io
import math
import re

import av
import numpy as np
from av.error import FFmpegError

from sidetone_common.errors import ApiError
from sidetone_stt.transcript import RATE, Audio

# By content, never by name or media type. Each opens with one demuxer of FFmpeg's, because some of the others
# (playlists) would follow references to files and hosts.
_SIGNATURES = {
    "wav": rb"RIFF",
    "flac": rb"fLaC",
    "ogg": rb"OggS",
    # A tag, or a frame of layer III.
    "mp3": rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
    "mp4": rb".{4}ftyp",
    "matroska": rb"\x1aE\xdf\xa3",
}


def decode(data: bytes, max_seconds: float) -> Audio:
    """A whole file. @raises ApiError 400: not audio, damaged, empty, or longer than `max_seconds`"""
    kind = next((kind for kind, magic in _SIGNATURES.items() if re.match(magic, data, re.DOTALL)), None)
    if kind is None:
        raise _refused(
            "invalid_audio", "the file is no audio that is known here: send WAV, FLAC, OGG, MP3, MP4 or WebM"
        )
    blocks: list[Audio] = []
    samples = 0
    try:
        with av.open(io.BytesIO(data), mode="r", format=kind) as container:
            if not container.streams.audio:
                raise _refused("invalid_audio", "the file has no sound track")
            # Channels are averaged below: FFmpeg adds them up, too loud by half.
            resampler = av.AudioResampler(format="fltp", rate=RATE)
            for frame in container.decode(container.streams.audio[0]):
                for block in resampler.resample(frame):
                    blocks.append(block.to_ndarray().mean(axis=0))
                    samples += block.samples
                if samples > max_seconds * RATE:
                    raise _refused("audio_too_long", f"the audio is longer than {max_seconds:g} s")
            blocks.extend(block.to_ndarray().mean(axis=0) for block in resampler.resample(None))
    except FFmpegError as error:
        raise _refused(
            "invalid_audio", f"the {kind} file is damaged after {samples / RATE:.1f} s: {error.strerror}"
        ) from error
    if not blocks:
        raise _refused("invalid_audio", "the file holds no sound")
    return np.concatenate(blocks)


def _refused(code: str, message: str) -> ApiError:
    return ApiError(400, code, message, param="file")


class Resampler:
    """A stream of samples brought from one rate to another, 2 ms late.

    Not soxr: its streams hand samples on in blocks of 100 ms, which every turn of a call would wait for.
    """

    # Of the filter, at each side, in periods of its cut-off frequency.
    _LOBES = 16

    def __init__(self, rate: int, target: int = RATE) -> None:
        divisor = math.gcd(rate, target)
        self._up, self._down = target // divisor, rate // divisor
        widest = max(self._up, self._down)
        half = self._LOBES * widest
        times = np.arange(-half, half + 1) / widest
        self._filter = (self._up / widest * np.sinc(times) * np.kaiser(len(times), 8)).astype(np.float32)
        self._tail: Audio = np.zeros(2 * half, np.float32)
        self._skip = 0

    def push(self, samples: Audio) -> Audio:
        spread = np.zeros(len(samples) * self._up, np.float32)
        spread[:: self._up] = samples
        stream = np.concatenate([self._tail, spread])
        self._tail = stream[len(spread) :]
        if len(spread) == 0:
            return spread
        smooth = np.convolve(stream, self._filter, "valid")
        taken: Audio = smooth[self._skip :: self._down]
        self._skip = (self._skip - len(smooth)) % self._down
        return taken


def _expand_ulaw() -> Audio:
    """ITU-T G.711, mu-law: all 256 codes."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (((mantissa.astype(np.int32) << 3) + 132) << exponent) - 132
    signed = np.where(code & 128, -magnitude, magnitude)
    return (signed / 32768).astype(np.float32)


def _expand_alaw() -> Audio:
    """ITU-T G.711, A-law: all 256 codes."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    magnitude = np.where(
        exponent == 0,
        (mantissa << 4) + 8,
        ((mantissa << 4) + 264) << np.maximum(exponent.astype(np.int32) - 1, 0),
    )
    signed = np.where(code & 128, magnitude, -magnitude)
    return (signed / 32768).astype(np.float32)


_ULAW, _ALAW = _expand_ulaw(), _expand_alaw()


def from_pcm16(data: bytes) -> Audio:
    """Little-endian; an odd last byte is dropped."""
    samples = np.frombuffer(data, "<i2", len(data) // 2)
    return samples.astype(np.float32) / np.float32(32768)


def from_ulaw(data: bytes) -> Audio:
    return _ULAW[np.frombuffer(data, np.uint8)]


def from_alaw(data: bytes) -> Audio:
    return _ALAW[np.frombuffer(data, np.uint8)]
