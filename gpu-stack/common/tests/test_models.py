import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sidetone_common.download import look_up
from sidetone_common.models import ModelError, ModelFile, obtain
from sidetone_common.testing.hub import Hub, hub

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MODEL = ModelFile("team/voice", "base/model.safetensors", "main", SHA256)
FILES = {"team/voice/resolve/main/base/model.safetensors": CONTENT}


def test_downloaded_once_then_no_network_is_needed(tmp_path: Path) -> None:
    with hub(Hub(FILES)) as state:
        path = obtain(MODEL, tmp_path, token=None, endpoint=state.url)
    assert path == tmp_path / "team--voice" / "main" / "base" / "model.safetensors"
    assert path.read_bytes() == CONTENT
    assert MODEL.cached(tmp_path)
    assert obtain(MODEL, tmp_path, token=None, endpoint=state.url) == path


def test_without_a_given_hash_the_one_that_came_is_noted(tmp_path: Path) -> None:
    model = ModelFile(MODEL.repo, MODEL.file, MODEL.revision, None)
    with hub(Hub(FILES)) as state:
        path = obtain(model, tmp_path, token=None, endpoint=state.url)
    assert path.with_name("model.safetensors.sha256").read_text() == f"{SHA256} {len(CONTENT)}\n"
    assert model.cached(tmp_path)


def test_a_download_that_broke_off_is_continued(tmp_path: Path) -> None:
    with hub(Hub(FILES, break_after=300_000)) as state:
        path = obtain(MODEL, tmp_path, token=None, endpoint=state.url)
        assert state.ranges == [None, "bytes=300000-"]
    assert path.read_bytes() == CONTENT


def test_what_broke_off_is_not_continued_with_another_content(tmp_path: Path) -> None:
    model = ModelFile(MODEL.repo, MODEL.file, MODEL.revision, None)
    path = model.path(tmp_path)
    with hub(Hub(FILES)) as state:
        remote = look_up(state.url, model.repo, model.revision, model.file, None)
        path.parent.mkdir(parents=True)
        path.with_name(f"{path.name}.000000000000.part").write_bytes(b"older")
        assert obtain(model, tmp_path, token=None, endpoint=state.url).read_bytes() == CONTENT
        assert state.ranges == [None]
    assert remote.sha256 == SHA256
    assert sorted(file.name for file in path.parent.iterdir()) == [
        path.name,
        f"{path.name}.lock",
        f"{path.name}.sha256",
    ]


def test_the_token_stays_with_the_hub_when_a_store_elsewhere_has_the_file(tmp_path: Path) -> None:
    [name] = FILES
    with hub(Hub({"bucket/blob": CONTENT})) as store:
        # Another name for this machine, so another host.
        elsewhere = store.url.replace("127.0.0.1", "localhost") + "/bucket/blob?signature=x"
        with hub(Hub(FILES, token="good", stores={name: elsewhere})) as state:
            path = obtain(MODEL, tmp_path, token="good", endpoint=state.url)
        assert store.tokens == [False]
    assert path.read_bytes() == CONTENT


def test_another_file_under_the_name_is_refused_and_deleted(tmp_path: Path) -> None:
    with (
        hub(Hub({next(iter(FILES)): b"something else"})) as state,
        pytest.raises(ModelError, match=f"{SHA256} was asked for"),
    ):
        obtain(MODEL, tmp_path, token=None, endpoint=state.url)
    assert not MODEL.path(tmp_path).exists()
    assert not MODEL.cached(tmp_path)


def test_a_file_that_was_cut_later_is_noticed(tmp_path: Path) -> None:
    with hub(Hub(FILES)) as state:
        path = obtain(MODEL, tmp_path, token=None, endpoint=state.url)
        path.write_bytes(CONTENT[:1000])
        assert not MODEL.cached(tmp_path)
        with pytest.raises(ModelError):
            obtain(MODEL, tmp_path, token=None, endpoint=state.url)
        assert obtain(MODEL, tmp_path, token=None, endpoint=state.url).read_bytes() == CONTENT


def test_a_file_put_there_by_hand_is_verified(tmp_path: Path) -> None:
    path = MODEL.path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert obtain(MODEL, tmp_path, token=None, endpoint="http://127.0.0.1:9") == path
    assert MODEL.cached(tmp_path)


def test_two_at_once_download_once(tmp_path: Path) -> None:
    with hub(Hub(FILES)) as state, ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(obtain, MODEL, tmp_path, token=None, endpoint=state.url) for _ in range(2)]
        assert {job.result() for job in jobs} == {MODEL.path(tmp_path)}
        assert state.ranges == [None]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (ModelFile("team/voice", "other.bin", "main", SHA256), "has no file other.bin"),
        (ModelFile("team/voice", "model.bin", "v9", SHA256), "there is no revision v9"),
    ],
)
def test_what_is_not_on_the_hub_is_named(tmp_path: Path, model: ModelFile, said: str) -> None:
    with hub(Hub(FILES)) as state, pytest.raises(ModelError, match=said):
        obtain(model, tmp_path, token=None, endpoint=state.url)


def test_the_token_is_used_and_a_rejected_one_named(tmp_path: Path) -> None:
    with hub(Hub(FILES, token="good")) as state:
        with pytest.raises(ModelError, match="HF_TOKEN"):
            obtain(MODEL, tmp_path, token="bad", endpoint=state.url)
        assert obtain(MODEL, tmp_path, token="good", endpoint=state.url).read_bytes() == CONTENT


def test_without_network_the_place_for_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        obtain(MODEL, tmp_path, token=None, endpoint="http://127.0.0.1:9")
    assert str(MODEL.path(tmp_path)) in str(caught.value)
