import io
import wave

import av
import numpy as np
import pytest

from sidetone_common.errors import ApiError
from sidetone_stt import audio
from sidetone_stt.audio import Resampler, decode
from sidetone_stt.transcript import RATE, Audio

FORMATS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "ogg": "libopus",
    "mp3": "libmp3lame",
    "mp4": "aac",
    "matroska": "libopus",
}


def encoded(kind: str, rate: int = 16_000, seconds: float = 1, channels: int = 1) -> bytes:
    """A tone of 440 Hz at half of full scale."""
    layout = "mono" if channels == 1 else "stereo"
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    planes = np.stack([samples] * channels).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
    frame.rate = rate
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(FORMATS[kind], rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def empty_wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", "NONE"))
    return file.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (48_000, 2)])
def test_every_format_rate_and_number_of_channels(kind: str, rate: int, channels: int) -> None:
    samples = decode(encoded(kind, rate, channels=channels), 10)
    # Encoders pad to whole frames.
    assert len(samples) == pytest.approx(RATE, abs=0.2 * RATE)
    middle = samples[RATE // 4 : 3 * RATE // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    spectrum = np.abs(np.fft.rfft(middle))
    assert spectrum.argmax() * RATE / len(middle) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no audio that is known"),
        (b"hello, this is text", "no audio that is known"),
        (b"#EXTM3U\nhttp://169.254.169.254/latest\n", "no audio that is known"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no audio that is known"),
        (b"RIFF\x00\x00\x00\x00WAVE garbage", "damaged"),
        (b"\x1aE\xdf\xa3" + bytes(200), "damaged"),
        (empty_wav(), "no sound"),
        (encoded("wav")[:30], "damaged"),
    ],
)
def test_what_is_no_audio_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(ApiError, match=said) as refused:
        decode(data, 10)
    assert refused.value.status == 400
    assert refused.value.param == "file"


def test_long_audio_is_refused_before_it_is_all_decoded() -> None:
    with pytest.raises(ApiError, match="longer than 2 s"):
        decode(encoded("wav", seconds=2.5), 2)
    assert len(decode(encoded("wav", seconds=2), 2)) == 2 * RATE


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_g711_as_pythons_own_tables() -> None:
    audioop = pytest.importorskip("audioop")
    codes = bytes(range(256))
    for ours, theirs in ((audio.from_ulaw, audioop.ulaw2lin), (audio.from_alaw, audioop.alaw2lin)):
        expected = np.frombuffer(theirs(codes, 2), "<i2") / 32768
        assert np.array_equal(ours(codes), expected.astype(np.float32))


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000])
def test_a_stream_is_resampled_packet_by_packet(rate: int) -> None:
    packets = np.split(sine(440, rate), 50)
    stream = Resampler(rate)
    joined = np.concatenate([stream.push(packet) for packet in packets])
    assert len(joined) == RATE
    expected = sine(440, RATE)
    # Whichever the rate, the filter is 16 periods of the lower one late.
    late = 16 * max(1, RATE // rate)
    assert np.abs(joined[late:] - expected[:-late])[200:].max() < 0.001


def test_what_the_lower_rate_cannot_hold_does_not_come_back_as_another_tone() -> None:
    assert np.abs(Resampler(24_000).push(sine(10_000, 24_000))[200:]).max() < 0.001
    low = Resampler(8000).push(sine(1000, 8000))[200:]
    spectrum = np.abs(np.fft.rfft(low * np.hanning(len(low))))
    image = spectrum[len(spectrum) // 2 :].max()
    assert image < 0.001 * spectrum.max()


def sine(hertz: float, rate: int) -> Audio:
    """One second."""
    return np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32)
