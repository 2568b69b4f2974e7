import re

import numpy as np
import pytest
from samples import Audio, file, speech

from sidetone_tts.reference import MAX_SECONDS, SAMPLE_RATE, BadSample, as_wav, decode, prepare


def silence(seconds: float) -> Audio:
    return (1e-4 * np.random.default_rng(1).standard_normal(int(seconds * SAMPLE_RATE))).astype(np.float32)


def rms(audio: Audio) -> float:
    return float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))


def test_silence_around_the_speech_goes() -> None:
    sample = prepare(file(np.concatenate([silence(3), speech(8.4), silence(4)])))
    assert sample.seconds == pytest.approx(8.4, abs=0.3)
    assert not sample.cut
    assert sample.audio.dtype == np.float32


def test_a_little_speech_in_a_long_silence_is_found() -> None:
    sample = prepare(file(np.concatenate([silence(70), speech(5.4), silence(40)])))
    assert sample.seconds == pytest.approx(5.4, abs=0.3)


def test_a_long_recording_ends_in_a_pause() -> None:
    sample = prepare(file(speech(30)))
    assert sample.cut
    assert 6 < sample.seconds <= MAX_SECONDS
    before_the_silence_added = sample.audio[-int(0.15 * SAMPLE_RATE) : -int(0.06 * SAMPLE_RATE)]
    assert rms(before_the_silence_added) < 0.01 * rms(sample.audio)


def test_a_long_recording_without_a_pause_is_cut_at_the_limit() -> None:
    sample = prepare(file(speech(20, pauses=False)))
    assert sample.cut
    assert sample.seconds == pytest.approx(MAX_SECONDS, abs=0.1)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.3])
def test_every_voice_has_one_loudness(level: float) -> None:
    sample = prepare(file(speech(8, level=level, noise=level / 1000)))
    assert rms(sample.audio) == pytest.approx(0.1, rel=0.05)
    assert float(np.abs(sample.audio).max()) <= 0.951


def test_edges_are_soft() -> None:
    audio = prepare(file(speech(8))).audio
    assert audio[0] == 0
    assert audio[-1] == 0


@pytest.mark.parametrize(
    ("rate", "kind", "subtype"),
    [
        (8000, "WAV", "PCM_16"),
        (44_100, "WAV", "PCM_24"),
        (48_000, "FLAC", "PCM_16"),
        (16_000, "OGG", "VORBIS"),
        (48_000, "OGG", "OPUS"),
        (44_100, "MP3", "MPEG_LAYER_III"),
    ],
)
def test_formats_and_rates(rate: int, kind: str, subtype: str) -> None:
    sample = prepare(file(speech(8, rate=rate), rate=rate, kind=kind, subtype=subtype))
    assert sample.seconds == pytest.approx(8, abs=0.6)
    # The pitch, 110 Hz on average, tells that the rate was taken for what it is.
    spectrum = np.abs(np.fft.rfft(sample.audio))
    spectrum[: int(60 * sample.seconds)] = 0
    assert np.argmax(spectrum) / sample.seconds == pytest.approx(110, abs=20)


def test_stereo_becomes_mono() -> None:
    left = speech(8)
    audio, rate = decode(file(np.stack([left, left], axis=1)))
    assert rate == SAMPLE_RATE
    assert audio.shape == left.shape


def test_too_little_speech_says_how_much_was_found() -> None:
    with pytest.raises(BadSample) as bad:
        prepare(file(np.concatenate([silence(2), speech(2.4), silence(2)])))
    found = re.fullmatch(r"(\d\.\d) s of speech found, 5 needed", str(bad.value))
    assert found
    assert float(found[1]) == pytest.approx(2.4, abs=0.3)


def test_clipping_says_how_much() -> None:
    with pytest.raises(BadSample, match=r"^clipping in \d+ % of samples$"):
        prepare(file(np.clip(speech(8) * 8, -1, 1)))


def test_noise_says_how_much() -> None:
    with pytest.raises(BadSample, match=r"^1[01234] dB signal to noise, 15 needed$"):
        prepare(file(speech(8, level=0.1, noise=0.035)))


def test_all_reasons_come_at_once() -> None:
    with pytest.raises(
        BadSample, match=r"^.* s of speech found, 5 needed; clipping in .* %.*; .* dB signal to noise"
    ):
        prepare(file(np.clip(speech(3, level=0.1, noise=0.02) * 8, -1, 1)))


def test_a_file_without_speech() -> None:
    with pytest.raises(BadSample, match=r"^0\.0 s of speech found, 5 needed$"):
        prepare(file(np.zeros(8 * SAMPLE_RATE, np.float32)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no WAV, FLAC, Ogg or MP3"),
        (b"<html>" * 100, "no WAV, FLAC, Ogg or MP3"),
        (b"RIFF\0\0\0\0WAVE" + b"x" * 200, "WAV file is damaged"),
        (file(speech(8))[:60], "about 10 s are needed"),
        (file(speech(8), kind="FLAC")[:50], "FLAC file is damaged|about 10 s"),
        (file(np.zeros(121 * 8000, np.float32), rate=8000), "longer than 120 s"),
        (file(speech(6, rate=4000), rate=4000), "4000 Hz; 8000 to 192000"),
        (file(np.full(48_000, np.nan, np.float32), subtype="FLOAT"), "not numbers"),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadSample, match=reason):
        prepare(data)


def test_written_and_read_again() -> None:
    audio = speech(6)
    again, rate = decode(as_wav(audio))
    assert rate == SAMPLE_RATE
    assert np.abs(again - audio).max() <= 1 / 32_768
