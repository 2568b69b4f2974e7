"""The user's own words: how they are read, and what a mistake in the file is told."""

from pathlib import Path

import pytest

from sidetone_tts.text import Dictionary, DictionaryError, normalize


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "words.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def said(text: str, dictionary: Dictionary) -> str:
    return normalize(text, "ru", dictionary, stress="off").text


def test_goes_before_everything_else(tmp_path: Path) -> None:
    file = written(tmp_path, '# Ours\nWhatsApp: в+ацап\n1С: один эс\nруб: тугрик\n"C#": си диез\n')
    dictionary = Dictionary.read(file)
    assert said("WhatsApp, whatsapp и 1С", dictionary) == "вацап, вацап и один эс"
    assert said("C# за 5 руб.", dictionary) == "си диез за пять тугрик."


def test_takes_whole_words_only() -> None:
    dictionary = Dictionary({"кот": "к+от", "Кот-д’Ивуар": "кот дивуар"})
    assert dictionary.apply("кот, коты, скот, Кот-д’Ивуар") == "к+от, коты, скот, кот дивуар"


def test_leaves_words_with_a_mark_of_their_own() -> None:
    assert Dictionary({"замок": "з+амок"}).apply("замок и зам+ок") == "з+амок и зам+ок"


def test_a_word_in_capitals_stands_for_itself_only() -> None:
    assert Dictionary({"НОС": "эн о эс"}).apply("НОС и нос") == "эн о эс и нос"


def test_speaks_english_words_too() -> None:
    assert normalize("SQL is fine", "en", Dictionary({"SQL": "sequel"})).text == "sequel is fine"


def test_an_empty_file_is_an_empty_dictionary(tmp_path: Path) -> None:
    assert len(Dictionary.read(written(tmp_path, "# nothing yet\n"))) == 0


def test_words_that_yaml_takes_for_others_are_words(tmp_path: Path) -> None:
    dictionary = Dictionary.read(written(tmp_path, "no: ноу\n42: сорок два бис\n~: тильда\n"))
    assert dictionary.apply("no 42") == "ноу сорок два бис"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("кот: к+от\nпёс:\n", "line 2: nothing after the colon"),
        ("кот: к+от\n\nКОТ: кот\nКот: кот\n", 'line 4: "Кот" is in line 1 too'),
        ("кот: 5 котов\n", 'line 1: "5 котов" cannot be said as it stands'),
        ("кот: ко+т\n", 'line 1: "ко+т" cannot be said as it stands'),
        ("кот:\n  - к+от\n", "line 1: nothing after the colon"),
        ("- кот\n", 'line 1: expected "word: said"'),
        ("кот: к+от\nпёс: [\n", "line 3"),
        ("[кот]: к+от\n", "line 1: no word before the colon"),
        ("кот: кот\nпёс: п\xe9с".encode("latin-1", "replace"), "line 2: not UTF-8"),
        ("кот: \x07кот\n", "line 1"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    with pytest.raises(DictionaryError) as error:
        Dictionary.read(written(tmp_path, text))
    assert complaint in str(error.value)
    assert "words.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="cannot be read"):
        Dictionary.read(tmp_path / "none.yaml")


def test_a_file_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="larger than 1 MB"):
        Dictionary.read(written(tmp_path, "# " + "x" * 1_000_001))
