from dataclasses import replace

import pytest

from sidetone_stt.guard import Guard
from sidetone_stt.transcript import Segment, Word

GUARD = Guard(no_speech=0.6, min_logprob=-1.0, max_compression=2.4)
SURE = Segment("", 0, 3, -0.2, 1.1, 0.02, 0, "ru")


def said(text: str, **scores: float) -> Segment:
    return replace(SURE, text=text, **scores)  # type: ignore[arg-type] # all of them are numbers


def test_what_was_said_passes_unchanged() -> None:
    segment = said(" Столик на двоих, пожалуйста. Спасибо.")
    assert GUARD.check(segment) == (segment, None)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ({"no_speech_prob": 0.7, "avg_logprob": -1.2}, "silence"),
        ({"no_speech_prob": 0.7, "avg_logprob": -0.3}, None),
        ({"no_speech_prob": 0.1, "avg_logprob": -1.2}, None),
        ({"compression_ratio": 2.5}, "loop"),
    ],
)
def test_scores(scores: dict[str, float], reason: str | None) -> None:
    kept, found = GUARD.check(said(" Да, удобно.", **scores))
    assert found == reason
    assert (kept is None) == (reason is not None)


@pytest.mark.parametrize(
    "text",
    [
        " Продолжение следует...",
        "ПРОДОЛЖЕНИЕ СЛЕДУЕТ",
        " Субтитры сделал DimaTorzok",
        " Редактор субтитров А.Семкин Корректор А.Егорова",
        " Продолжение следует... Субтитры сделал DimaTorzok.",
        " Thanks for watching!",
    ],
)
def test_known_inventions_go_even_where_the_model_is_sure(text: str) -> None:
    assert GUARD.check(said(text)) == (None, "phrase")


@pytest.mark.parametrize("text", [" Спасибо.", " you", " Thank you."])
def test_doubtful_phrases_go_only_where_the_model_is_unsure(text: str) -> None:
    assert GUARD.check(said(text))[1] is None
    assert GUARD.check(said(text, no_speech_prob=0.4)) == (None, "phrase")
    assert GUARD.check(said(text, avg_logprob=-0.8)) == (None, "phrase")
    assert GUARD.check(said(f" Нет.{text}", avg_logprob=-0.8))[1] is None


def test_an_invention_at_the_end_of_a_sentence_goes_with_its_words() -> None:
    words = tuple(
        Word(word, place, place + 1, 0.9)
        for place, word in enumerate([" На", " восемь.", " Субтитры", " сделал", " DimaTorzok"])
    )
    kept, reason = GUARD.check(replace(said(" На восемь. Субтитры сделал DimaTorzok"), words=words))
    assert reason == "phrase"
    assert kept is not None
    assert (kept.text, kept.words, kept.end) == (" На восемь.", words[:2], 2)
