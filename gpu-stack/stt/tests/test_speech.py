import numpy as np
import pytest
from sounds import WITHOUT_SPEECH

from sidetone_stt import speech
from sidetone_stt.speech import Span, windows
from sidetone_stt.transcript import RATE, Audio
from sidetone_stt.turns import Started, Stopped, TurnDetector


@pytest.mark.parametrize("name", WITHOUT_SPEECH)
def test_where_nobody_speaks_there_is_no_speech(name: str) -> None:
    assert speech.find(WITHOUT_SPEECH[name], 0.5, 500) == []


def test_speech_is_found_between_silences(russian: Audio) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    first, last = (found := speech.find(np.concatenate([pause, russian, pause]), 0.5, 2000))[0], found[-1]
    assert 2.5 < first.start / RATE < 4
    assert 3 < last.end / RATE < 3 + len(russian) / RATE + 0.5


def s(start: float, end: float) -> Span:
    return Span(int(start * RATE), int(end * RATE))


@pytest.mark.parametrize(
    ("spans", "joined"),
    [
        ([], []),
        ([s(0, 2), s(3, 5)], [s(0, 5)]),
        ([s(0, 2), s(4.1, 5)], [s(0, 2), s(4.1, 5)]),
        ([s(0, 20), s(21, 30), s(31, 40)], [s(0, 30), s(31, 40)]),
        ([s(0, 20), s(21, 30.5)], [s(0, 20), s(21, 30.5)]),
    ],
)
def test_neighbours_share_a_window_as_long_as_it_holds_them(spans: list[Span], joined: list[Span]) -> None:
    assert windows(spans) == joined


def test_turns_of_a_stream_begin_and_end(russian: Audio) -> None:
    pause = np.zeros(2 * RATE, np.float32)
    stream = np.concatenate([pause, russian, pause, russian, pause])
    detector = TurnDetector(0.5, silence_ms=1000, prefix_ms=300)
    # In packets of 20 ms, as they come.
    packets = [stream[start : start + 320] for start in range(0, len(stream), 320)]
    found = [event for packet in packets for event in detector.push(packet)]
    marks = [event for event in found if not isinstance(event, np.ndarray)]
    assert [type(mark) for mark in marks] == [Started, Stopped] * (len(marks) // 2)
    times = [mark.at_ms for mark in marks]
    assert times == sorted(times)
    assert 1600 < times[0] < 3000
    heard = 0
    for event in found:
        if isinstance(event, Started):
            start, heard = event.at_ms, len(event.heard)
        elif isinstance(event, Stopped):
            # All of the turn is handed on, and the silence that showed its end.
            assert heard / RATE * 1000 == pytest.approx(event.at_ms - start + 1000, abs=64)
        else:
            heard += len(event)
