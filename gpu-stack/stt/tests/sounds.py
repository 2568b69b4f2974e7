"""What a caller's line carries while nobody speaks: 8 s each, and nothing at all."""

import numpy as np

from sidetone_stt.transcript import RATE, Audio

SECONDS = np.arange(8 * RATE) / RATE


def hold_music() -> Audio:
    """Chords with an envelope, as a telephone exchange plays them."""
    chords = [(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)]
    music = np.zeros(len(SECONDS))
    for place, chord in enumerate(chords):
        during = (2 * place <= SECONDS) & (2 * place + 2 > SECONDS)
        fade = np.exp(-(SECONDS - 2 * place))
        for note in chord:
            music += np.sin(2 * np.pi * note * SECONDS) * fade * during
    quiet: Audio = (0.2 * music).astype(np.float32)
    return quiet


def ringing() -> Audio:
    """425 Hz, one second on, one off."""
    on = np.floor(SECONDS) % 2 == 0
    tone: Audio = (0.3 * np.sin(2 * np.pi * 425 * SECONDS) * on).astype(np.float32)
    return tone


def noise(level: float) -> Audio:
    return np.random.default_rng(1).normal(0, level, len(SECONDS)).astype(np.float32)


WITHOUT_SPEECH = {
    "silence": np.zeros(len(SECONDS), np.float32),
    "soft noise": noise(0.003),
    "loud noise": noise(0.2),
    "hold music": hold_music(),
    "ringing": ringing(),
    "nothing": np.zeros(0, np.float32),
}
