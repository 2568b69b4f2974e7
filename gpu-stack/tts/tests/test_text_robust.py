"""Any text at all: nothing raises, nothing unknown gets through, and long texts take time in proportion."""

import random
import string
from collections.abc import Iterator

import pytest

from sidetone_tts.text import Dictionary, normalize
from sidetone_tts.text.sentences import LONGEST, sentences

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
SIGNS = " .,!?:;-—…«»\"()'"
RU_ALPHABET = set(RUSSIAN + SIGNS + "+")
EN_ALPHABET = set(RUSSIAN + SIGNS + string.ascii_letters)
POOLS = (
    RUSSIAN + "  .,!?-+",
    "0123456789 .,:;-–/%$₽°№()+=",
    string.printable,
    "руб. тел. ул. 10:30 01.02.2024 и т.д. +7 8 5% №",
    "😀👍🏽❤️🇷🇺\u200d\ufe0f\x00\x07\x1b\u202e\ud800\udc00\ufeff\u0301\u0336",
    "".join(map(chr, range(0xA0, 0x600))),
    "漢字かなกขعربیעברית①Ⅻ²½∑√∞",
)


def texts(seed: int, count: int, longest: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(count):
        pool = "".join(chance.sample(POOLS, 2))
        yield "".join(chance.choice(pool) for _ in range(chance.randint(0, longest)))


def assert_sayable(text: str, language: str, alphabet: set[str]) -> None:
    result = normalize(text, language, Dictionary(), stress="off")
    assert set(result.text) <= alphabet, text
    assert [step for step in result.steps if step.failed] == [], text
    assert "  " not in result.text


@pytest.mark.parametrize("seed", range(6))
def test_takes_any_russian_text(seed: int) -> None:
    for text in texts(seed, 10, 200):
        assert_sayable(text, "ru", RU_ALPHABET)


@pytest.mark.parametrize("seed", range(3))
def test_takes_any_english_text(seed: int) -> None:
    for text in texts(seed + 100, 40, 200):
        assert_sayable(text, "en", EN_ALPHABET)


def test_silero_takes_any_text() -> None:
    for text in texts(200, 12, 200):
        assert set(normalize(text, "ru", Dictionary()).text) <= RU_ALPHABET


@pytest.mark.parametrize("text", ["", " ", "\n\n", "😀", "\x00", "\ud800", "+", "...", "*"])
def test_says_little_or_nothing_of_nothing(text: str) -> None:
    assert_sayable(text, "ru", RU_ALPHABET)
    assert_sayable(text, "en", EN_ALPHABET)


@pytest.mark.parametrize("part", ["слово ", "а", "\n", "(", "+", "\ud800", "漢", "😀"])
def test_a_hundred_kilobytes_end(part: str) -> None:
    assert_sayable((part * 100_000)[:100_000], "ru", RU_ALPHABET)


FIGURES = ["1", "1.", "1:", "10:30 ", "+7 495 ", "5% ", "т.д. ", "01.02.2024 ", "$1,"]
SIGNS_AND_WORDS = [" ", "[", "*a ", "__a", "- а\n", "а\u0301\u0302", "q", "ВСЕ ", "а-", "a@", "a.ru/", "$"]


@pytest.mark.parametrize("part", [*FIGURES, *SIGNS_AND_WORDS])
def test_ten_kilobytes_end(part: str) -> None:
    assert_sayable((part * 10_000)[:10_000], "ru", RU_ALPHABET)


def test_figures_are_never_lost() -> None:
    for language in ("ru", "en", "de"):
        assert normalize("²٣９", language, Dictionary(), stress="off").text != ""


def test_sentences_lose_nothing_and_are_short() -> None:
    for text in [*texts(300, 50, 3000), "слово " * 5000, "а" * 20_000]:
        pieces = sentences(text)
        assert "".join(pieces) == text
        assert all(0 < len(piece) <= LONGEST for piece in pieces)


def test_sentences_end_where_razdel_goes_on() -> None:
    assert sentences("Приходите в 10:30!До свидания.") == ["Приходите в 10:30!", "До свидания."]
    assert sentences("Дом на ул. Ленина, д. 5. Да!") == ["Дом на ул. Ленина, д. 5. ", "Да!"]
