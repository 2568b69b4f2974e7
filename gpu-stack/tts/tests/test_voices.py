from pathlib import Path

import pytest

from sidetone_tts.voices import BadName, NoSuchVoice, Voice, VoiceExists, VoiceStore

WAV = b"RIFF...."


def store_in(folder: Path) -> VoiceStore:
    return VoiceStore(folder / "voices")


def add(store: VoiceStore, name: str, ref_text: str = "Что сказано.") -> Voice:
    return store.add(name, WAV, ref_text=ref_text, consent="я согласна, Анна", seconds=7.25)


def test_kept_across_a_restart(tmp_path: Path) -> None:
    added = add(store_in(tmp_path), "anna")
    assert store_in(tmp_path).list() == [added]
    assert store_in(tmp_path).get("anna") == (added, WAV)
    assert (added.ref_text, added.consent, added.seconds) == ("Что сказано.", "я согласна, Анна", 7.25)


def test_listed_by_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert store.list() == []
    for name in ("оля", "boris", "Анна"):
        add(store, name)
    assert [voice.name for voice in store.list()] == ["boris", "Анна", "оля"]


@pytest.mark.parametrize("name", ["anna", "Анна", "anna-2", "7_кот", "й" * 60])
def test_names_of_any_script(tmp_path: Path, name: str) -> None:
    assert add(store_in(tmp_path), name).name == name


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "../up", "a/b", "a\\b", "a\0b", ".hidden", "-rf", "a b", "й" * 61, "a\u202e"]
)
def test_unsafe_names(tmp_path: Path, name: str) -> None:
    store = store_in(tmp_path)
    with pytest.raises(BadName):
        add(store, name)
    with pytest.raises(NoSuchVoice):
        store.get(name)
    with pytest.raises(NoSuchVoice):
        store.remove(name)
    assert list(tmp_path.rglob("*.json")) == []


def test_two_ways_to_type_a_letter_are_one_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "Андреи\u0306")
    assert store.get("Андрей")[0].name == "Андрей"


def test_a_name_is_given_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "anna", "первая")
    with pytest.raises(VoiceExists):
        add(store, "anna", "вторая")
    assert store.get("anna")[0].ref_text == "первая"


def test_removed_for_good(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "anna")
    store.remove("anna")
    with pytest.raises(NoSuchVoice):
        store.get("anna")
    assert list((tmp_path / "voices").iterdir()) == []
    add(store, "anna")


def test_a_voice_that_could_not_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    store = store_in(tmp_path)
    with pytest.raises(OSError, match="No space"):
        add(store, "anna")
    assert store.list() == []
    assert list((tmp_path / "voices").iterdir()) == []
