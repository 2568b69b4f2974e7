"""Stress marks by the real silero-stress, loaded once for this file (some 6 s)."""

import threading
from importlib.util import find_spec

import pytest
import torch

from sidetone_tts.text import Dictionary, StressUnavailable, load_accentor, normalize
from sidetone_tts.text.stress import Accentor


def said(text: str) -> str:
    return normalize(text, "ru", Dictionary()).text


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        ("Привет, как дела?", "Прив+ет, как дел+а?"),
        ("В 10:30 начинается встреча.", "В д+есять тр+идцать начин+ается встр+еча."),
        ("Я из готов. И я уже готов.", "Я из г+отов. И я уж+е гот+ов."),
        ("Еще не все потеряно.", "Ещ+ё не всё пот+еряно."),
        (
            "Тел. 8 (800) 555-35-35",
            "Телеф+он в+осемь, восемьс+от, пятьс+от пятьдес+ят пять, тр+идцать пять, тр+идцать пять",
        ),
        ("WhatsApp не работает", "вотс+ап не раб+отает"),
        ("На горе старый зам+ок.", "На гор+е ст+арый зам+ок."),
        ("за́мок", "з+амок"),
        ("Ещё 2 з+амка", "Ещ+ё два з+амка"),
        ("кто-то по-русски", "кто-то по-р+усски"),
    ],
)
def test_marks_and_keeps_marks(written: str, marked: str) -> None:
    assert said(written) == marked
    assert said(marked) == marked


def test_one_vowel_needs_no_mark() -> None:
    assert said("дом, кот и сад") == "дом, кот и сад"


def test_off_takes_all_marks_away() -> None:
    assert normalize("За́мок и WhatsApp", "ru", Dictionary(), stress="off").text == "Замок и вотсап"


def test_words_of_any_length_are_marked_around() -> None:
    endless = "абвгд" * 400
    assert said(f"хорошая {endless} погода") == f"хор+ошая {endless} пог+ода"


def test_loads_once_and_leaves_torch_as_it_was() -> None:
    threads, gradients = torch.get_num_threads(), torch.is_grad_enabled()
    assert load_accentor("silero") is load_accentor("silero")
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (threads, gradients)


def test_threads_share_it() -> None:
    sentences = [f"Старая дорога номер {number}." for number in range(8)]
    expected = [said(sentence) for sentence in sentences]
    got: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: got.append([said(f"{s} Новая дорога.") for s in sentences]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [[f"{text} Н+овая дор+ога." for text in expected]] * 4


def test_remembers_sentences() -> None:
    asked: list[str] = []

    def mark(sentence: str) -> str:
        asked.append(sentence)
        return sentence.replace("о", "+о")

    accentor = Accentor(mark)
    assert [accentor("дорога"), accentor("дорога")] == ["д+ор+ога"] * 2
    assert asked == ["дорога"]


def test_an_accentor_that_changes_words_is_not_believed() -> None:
    assert Accentor(lambda sentence: sentence + " и ещё")("дорога") == "дорога"
    assert Accentor(lambda sentence: "ещ+ё")("еще") == "ещ+ё"


@pytest.mark.skipif(find_spec("ruaccent") is not None, reason="RUAccent is installed here")
def test_a_missing_accentor_says_what_to_do() -> None:
    with pytest.raises(StressUnavailable, match='choose the stress "silero"'):
        normalize("дорога", "ru", Dictionary(), stress="ruaccent")
