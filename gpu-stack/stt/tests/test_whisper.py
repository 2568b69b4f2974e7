"""The real faster-whisper and CTranslate2 with a tiny random model."""

from collections.abc import Iterator
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from faster_whisper import WhisperModel
from sounds import WITHOUT_SPEECH

from sidetone_common.errors import ApiError
from sidetone_stt.guard import Guard
from sidetone_stt.passes import Passes, Window
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment
from sidetone_stt.whisper import WhisperEngine

LENIENT = Guard(no_speech=1, min_logprob=-100, max_compression=100)
RU = Options(language="ru")


@pytest.fixture(scope="module")
def passes(tiny: Path) -> Passes:
    model = WhisperModel(str(tiny), device="cpu", compute_type="float32", cpu_threads=1)
    return Passes(model, 1, LENIENT)


def heard(seed: int, seconds: float = 1) -> Audio:
    random = np.random.default_rng(seed)
    return random.normal(0, 0.05 * (seed + 1), int(seconds * RATE)).astype(np.float32)


def window(seed: int, options: Options = RU, seconds: float = 1, offset: float = 0) -> Window:
    return Window(heard(seed, seconds), offset, options)


def agree(one: list[Segment], other: list[Segment]) -> None:
    """The same words at the same times; scores up to the order of sums."""
    assert one
    assert [(part.text, part.start, part.end, part.words) for part in one] == [
        (part.text, part.start, part.end, part.words) for part in other
    ]
    for mine, yours in zip(one, other, strict=True):
        assert mine.avg_logprob == pytest.approx(yours.avg_logprob, abs=1e-4)
        assert mine.no_speech_prob == pytest.approx(yours.no_speech_prob, rel=1e-3)


def test_requests_that_share_a_pass_get_what_they_would_get_alone(passes: Passes) -> None:
    windows = [
        window(0, RU, 1),
        window(1, Options(language="en"), 4),
        window(2, Options(language="ru", prompt="Пицца"), 2),
        window(3, Options(language="ru", timestamps=True), 3),
        window(4, Options(language="ru", words=True), 3),
        window(5, Options(language="ru", words=True), 2),
        window(6, Options(), 2),
    ]
    together = passes.run(windows)
    for one, shared in zip(windows, together, strict=True):
        [alone] = passes.run([one])
        agree(shared, alone)
    assert len({shared[0].text for shared in together}) > 4


def test_prompt_and_language_reach_the_model(passes: Passes) -> None:
    options = [RU, Options(language="ru", prompt="Пицца Маргарита"), Options(language="de")]
    scores = [passes.run([window(0, one)])[0][0].avg_logprob for one in options]
    assert len({round(score, 4) for score in scores}) == 3


def test_a_long_prompt_leaves_room_for_the_answer(passes: Passes) -> None:
    [[segment]] = passes.run([window(0, Options(language="ru", prompt="слово " * 500))])
    assert segment.text


def test_times_lie_in_the_window_and_count_from_the_beginning_of_the_audio(passes: Passes) -> None:
    options = Options(language="ru", timestamps=True, words=True)
    [segments] = passes.run([window(1, options, seconds=3, offset=100)])
    assert [word.text for segment in segments for word in segment.words]
    for segment in segments:
        assert 100 <= segment.start <= segment.end <= 103
        assert "".join(word.text for word in segment.words).strip() == segment.text.strip()
        for word in segment.words:
            assert 100 <= word.start <= word.end <= 103.1


def test_an_unnamed_language_is_heard(passes: Passes) -> None:
    [[segment]] = passes.run([window(0, Options())])
    named = passes.run([window(0, Options(language=segment.language))])
    assert named == [[segment]]


def test_what_loops_is_tried_once_more_at_a_higher_temperature(tiny: Path) -> None:
    model = WhisperModel(str(tiny), device="cpu", compute_type="float32", cpu_threads=1)
    [[first]] = Passes(model, 1, LENIENT).run([window(0)])
    ctranslate2.set_random_seed(0)
    # As if the first attempt looped. Texts of that length differ by a few hundredths.
    loops = Guard(no_speech=1, min_logprob=-100, max_compression=first.compression_ratio - 0.001)
    tried = [Passes(model, 1, loops).run([window(0)])[0][0] for _ in range(20)]
    assert {segment.temperature for segment in tried} >= {0.4}
    for segment in tried:
        assert segment == first or segment.temperature == 0.4


def test_a_second_attempt_that_is_less_likely_is_thrown_away(tiny: Path) -> None:
    model = WhisperModel(str(tiny), device="cpu", compute_type="float32", cpu_threads=1)
    [[first]] = Passes(model, 1, LENIENT).run([window(0)])
    never_sure = Guard(no_speech=1, min_logprob=-0.01, max_compression=100)
    for _ in range(5):
        assert Passes(model, 1, never_sure).run([window(0)])[0][0].avg_logprob >= first.avg_logprob - 1e-4


def test_a_temperature_that_is_asked_for_is_the_only_one(passes: Passes) -> None:
    [[segment]] = passes.run([window(0, Options(language="ru", temperature=0.7))])
    assert segment.temperature == 0.7


class Told:
    """What an engine reports."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.dropped: list[str] = []

    def on_pass(self, batch: int, seconds: float) -> None:
        self.batches.append(batch)


_TOLD = Told()


@pytest.fixture
def told() -> Told:
    """What is reported during a test."""
    _TOLD.batches.clear()
    _TOLD.dropped.clear()
    return _TOLD


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Iterator[WhisperEngine]:
    told = _TOLD
    engine = WhisperEngine(settings, on_pass=told.on_pass, on_dropped=told.dropped.append)
    engine.load()
    yield engine
    engine.close()


async def transcribed(engine: WhisperEngine, audio: Audio, options: Options = RU) -> list[Segment]:
    return [segment async for segment in engine.transcribe(audio, options)]


@pytest.mark.parametrize("name", WITHOUT_SPEECH)
async def test_what_is_no_speech_does_not_reach_the_model(
    engine: WhisperEngine, told: Told, name: str
) -> None:
    assert await transcribed(engine, WITHOUT_SPEECH[name]) == []
    assert told.batches == []


async def test_long_audio_is_heard_in_windows(engine: WhisperEngine, told: Told, jfk: Audio) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    audio = np.concatenate([jfk, pause] * 3)
    segments = await transcribed(engine, audio, Options())
    starts = [segment.start for segment in segments]
    assert starts == sorted(starts)
    assert starts[-1] > 2 * len(jfk) / RATE
    # The first tells the language, the others keep to it.
    assert told.batches[0] == 1
    assert {segment.language for segment in segments} == {segments[0].language}


async def test_inventions_are_dropped_and_counted(tiny: Path, told: Told, jfk: Audio) -> None:
    strict = Settings(
        model=str(tiny), device="cpu", compute_type="float32", max_batch=1, beam_size=1, no_speech=0
    )
    engine = WhisperEngine(strict, on_pass=told.on_pass, on_dropped=told.dropped.append)
    engine.load()
    assert await transcribed(engine, jfk) == []
    assert set(told.dropped) == {"silence"}
    engine.close()


def test_an_unknown_language_is_refused(engine: WhisperEngine) -> None:
    engine.check(RU)
    with pytest.raises(ApiError, match="klingon") as refused:
        engine.check(Options(language="klingon"))
    assert refused.value.param == "language"
