import pytest

from sidetone_tts.clauses import split

SENTENCES = (
    "Здравствуйте! Меня зовут Анна, я администратор ресторана. Столик на двоих свободен завтра в семь часов "
    "вечера, у окна. Подсказать, что у нас сегодня в меню? Есть борщ, пельмени, селёдка под шубой; из "
    "напитков морс и квас."
)
UNPUNCTUATED = " ".join(["слово"] * 400)
SPACELESS = "а" * 5000


@pytest.mark.parametrize(
    "text",
    [
        SENTENCES,
        UNPUNCTUATED,
        SPACELESS,
        "Да.",
        "  отступ и хвост  ",
        "строка\nи ещё одна\n\nабзац",
        "к+ошка с+ела м+ышку " * 50,
        "🙂" * 200,
        "й" * 300,
        "." * 500 + " конец",
        "Text in English, with commas: and a colon. " * 20,
    ],
)
@pytest.mark.parametrize(("first", "most"), [(60, 200), (8, 8), (200, 60), (30, 31)])
def test_nothing_is_lost_and_nothing_is_too_long(text: str, first: int, most: int) -> None:
    pieces = split(text, first_max_bytes=first, max_bytes=most)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= most for piece in pieces)
    if len(pieces) > 2:
        assert len(pieces[0].encode()) <= first


def test_a_short_first_clause_then_longer_ones() -> None:
    assert split(SENTENCES, first_max_bytes=110, max_bytes=1000) == [
        "Здравствуйте! Меня зовут Анна, я администратор ресторана. ",
        "Столик на двоих свободен завтра в семь часов вечера, у окна. Подсказать, что у нас сегодня в меню? ",
        "Есть борщ, пельмени, селёдка под шубой; из напитков морс и квас.",
    ]


def test_a_clause_is_at_most_twice_as_long_as_the_one_before_may_be() -> None:
    sizes = [len(piece.encode()) for piece in split(SPACELESS, first_max_bytes=100, max_bytes=1000)]
    assert sizes[:6] == [100, 200, 400, 800, 1000, 1000]


def test_prefers_the_end_of_a_sentence_to_that_of_a_clause_to_that_of_a_word() -> None:
    assert split("Раз два. Три, четыре", first_max_bytes=30, max_bytes=30)[0] == "Раз два. "
    assert split("Раз два, три четыре", first_max_bytes=30, max_bytes=30)[0] == "Раз два, "
    assert split("Раз два три четыре", first_max_bytes=30, max_bytes=30)[0] == "Раз два три "


def test_a_break_that_leaves_next_to_nothing_is_not_taken() -> None:
    assert (
        split("Да. Столик свободен, ждём вас", first_max_bytes=48, max_bytes=48)[0] == "Да. Столик свободен, "
    )


def test_a_last_scrap_stays_with_its_clause() -> None:
    text = "Мы открыты каждый день с девяти утра, да"
    assert split(text, first_max_bytes=68, max_bytes=200) == [text]


def test_a_stress_mark_stays_with_its_letter() -> None:
    pieces = split("аб+в" * 40, first_max_bytes=13, max_bytes=13)
    assert not any(piece.endswith("+") for piece in pieces)


def test_a_combining_accent_stays_with_its_letter() -> None:
    pieces = split("а\u0301" * 40, first_max_bytes=10, max_bytes=10)
    assert not any(piece.startswith("\u0301") for piece in pieces)


def test_numbers_and_times_are_not_cut_at_their_own_marks() -> None:
    assert split("Ровно 10:30,5 или 3.14", first_max_bytes=16, max_bytes=16) == [
        "Ровно ",
        "10:30,5 или ",
        "3.14",
    ]


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_a_blank_text_has_no_clauses(text: str) -> None:
    assert split(text, first_max_bytes=60, max_bytes=200) == []


def test_absurd_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        split("текст", first_max_bytes=7, max_bytes=100)
