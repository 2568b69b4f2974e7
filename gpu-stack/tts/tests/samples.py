"""Something that measures like speech: voiced syllables, pauses between the phrases, a little noise."""

import io

import numpy as np
import numpy.typing as npt
import soundfile

Audio = npt.NDArray[np.float32]


def speech(
    seconds: float,
    *,
    rate: int = 24_000,
    level: float = 0.1,
    noise: float = 1e-4,
    pauses: bool = True,
    seed: int = 0,
) -> Audio:
    """level, noise: root mean square of full scale, of the spoken parts and of the noise."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    pitch = 110 + 15 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = np.sum([np.sin(k * phase) / k for k in range(1, 12)], axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 4 * t), 0.05, 1)
    phrases = ((t % 3.0) < 2.5) | (not pauses)
    spoken = voice * syllables * phrases
    spoken *= level / np.sqrt(np.mean(spoken[spoken != 0] ** 2))
    sound: Audio = (spoken + noise * random.standard_normal(len(t))).astype(np.float32)
    return sound


def file(audio: Audio, *, rate: int = 24_000, kind: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
