from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from sidetone_tts.batch import Sampling
from sidetone_tts.model import FRAMES_PER_SECOND, Audio, F5Model, Reference, SpeechError, load

# As read by somebody: 15 bytes of UTF-8 a second.
SENTENCE = "Это пример того, как говорит этот человек, когда у него есть время."


@pytest.fixture(scope="module")
def f5(tmp_path_factory: pytest.TempPathFactory) -> F5Model:
    return tiny.model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def voice(f5: F5Model) -> Reference:
    return tiny.voice(f5, seconds=len(SENTENCE.encode()) / 15, text=SENTENCE)


def speak(f5: F5Model, sampling: Sampling) -> Audio:
    while not sampling.done:
        f5.advance([sampling])
    return f5.finish(sampling)


def test_speaks_float32_of_the_expected_length(f5: F5Model, voice: Reference) -> None:
    sampling = f5.begin(tiny.clause(voice))
    audio = speak(f5, sampling)
    assert audio.dtype == np.float32 and audio.ndim == 1 and audio.std() > 0
    # The vocoder makes a hop of samples between each two frames.
    assert len(audio) == 256 * (f5.frames(voice, tiny.clause(voice).text, 1.0) - 1)


def test_the_reference_is_cut_off_once(f5: F5Model, voice: Reference) -> None:
    sampling = f5.begin(tiny.clause(voice))
    assert len(sampling.x) == len(voice.mel) + len(sampling.speech)
    assert sampling.prompt == len(voice.mel)


def test_the_seed_decides(f5: F5Model, voice: Reference) -> None:
    one, again, other = (speak(f5, f5.begin(replace(tiny.clause(voice), seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)


@pytest.mark.parametrize("text", ["Да.", "Нет!", "Алло?"])
def test_short_texts_are_not_drawn_out(f5: F5Model, voice: Reference, text: str) -> None:
    seconds = f5.frames(voice, text, 1.0) / FRAMES_PER_SECOND
    natural = len(text.encode()) / 15
    assert seconds == pytest.approx(max(natural, 0.4), abs=0.02)
    # Upstream slows everything below ten bytes to 0.3.
    if len(text.encode()) < 10:
        assert seconds < 0.5 * natural / 0.3


def test_length_follows_text_and_speed(f5: F5Model, voice: Reference) -> None:
    text = "Слово за слово, и разговор идёт."
    frames = f5.frames(voice, text, 1.0)
    assert frames / FRAMES_PER_SECOND == pytest.approx(len(text.encode()) / 15, rel=0.02)
    assert f5.frames(voice, text, 2.0) == pytest.approx(frames / 2, abs=1)
    assert f5.frames(voice, text * 3, 1.0) == pytest.approx(frames * 3, abs=2)


def test_what_is_too_long_is_refused_not_cut(f5: F5Model, voice: Reference, tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="at most 175 s can be spoken at once; split it"):
        f5.begin(replace(tiny.clause(voice), text="слово " * 1000))
    short = load(tiny.write(tmp_path / "tiny"), "cpu", max_frames=1000)
    with pytest.raises(SpeechError, match="at most 11 s"):
        short.begin(replace(tiny.clause(voice), text="слово " * 20))


def test_text_is_embedded_above_8192_frames(f5: F5Model, voice: Reference) -> None:
    sampling = f5.begin(replace(tiny.clause(voice), text="слово " * 110))
    assert len(sampling.text) > 8192
    assert sampling.text.isfinite().all()


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Привет", "Привет. "), (" Привет! ", "Привет! "), ("Привет.", "Привет. "), ("Привет,", "Привет. ")],
)
def test_the_text_of_a_reference_ends_as_a_sentence(f5: F5Model, text: str, kept: str) -> None:
    assert f5.reference(tiny.tone(1), text).text == kept


def test_a_reference_knows_what_it_is_made_of(f5: F5Model) -> None:
    one, same = f5.reference(tiny.tone(2), "Да."), f5.reference(tiny.tone(2), " Да. ")
    assert one.seconds == 2 and one.mel.shape == (188, 100) and one.mel.dtype == torch.float32
    assert one.key == same.key
    others = f5.reference(tiny.tone(2, hertz=221), "Да."), f5.reference(tiny.tone(2), "Нет.")
    assert len({one.key, *(other.key for other in others)}) == 3
    for audio, text in ((tiny.tone(0), "Да."), (tiny.tone(1), " ")):
        with pytest.raises(SpeechError, match="needs a recording and its text"):
            f5.reference(audio, text)


def test_half_precision_is_used_where_it_says_the_same(tmp_path: Path) -> None:
    f5 = load(tiny.write(tmp_path / "tiny"), "cpu", torch.bfloat16)
    exact = load(tiny.write(tmp_path / "exact"), "cpu")
    assert (f5.dtype, exact.dtype) == (torch.bfloat16, torch.float32)
    voice = tiny.voice(f5)
    one, other = (model.begin(tiny.clause(voice)) for model in (f5, exact))
    speak(f5, one), speak(exact, other)
    error = (one.speech - other.speech).abs().mean()
    assert 0 < error < 0.1
    cfm = f5._cfm
    assert cfm.transformer.transformer_blocks[0].ff.ff[0][0].weight.dtype == torch.bfloat16
    assert cfm.transformer.time_embed.time_mlp[0].weight.dtype == torch.float32
    assert cfm.transformer.rotary_embed.inv_freq.dtype == torch.float32
    assert cfm.transformer.text_embed.freqs_cis.dtype == torch.float32


def test_half_precision_is_refused_where_it_is_heard(f5: F5Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidetone_tts.model._HALF_PRECISION_ERROR", 1e-6)
    f5.use(torch.bfloat16)
    assert f5.dtype == torch.float32
    assert f5._cfm.transformer.transformer_blocks[0].ff.ff[0][0].weight.dtype == torch.float32


def test_noise_of_a_broken_model_is_not_played(f5: F5Model, voice: Reference) -> None:
    sampling = f5.begin(tiny.clause(voice))
    sampling.x = sampling.x * torch.nan
    with pytest.raises(SpeechError, match="not-a-number"):
        f5.finish(sampling)
