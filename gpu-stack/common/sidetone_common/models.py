"""Model files: named exactly, downloaded once, verified, never replaced by another one in silence."""

import hashlib
import urllib.error
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from sidetone_common import logs
from sidetone_common.download import Refused, fetch, look_up

HUB = "https://huggingface.co"

log = logs.get("models")


class ModelError(Exception):
    """Why a model file is not there, and what to do; for the person who starts the service."""


class NoSuchFile(ModelError):
    """The repository is there, but has no file of that name."""


@dataclass(frozen=True)
class ModelFile:
    """One file of a repository on the hub.

    revision: a commit, or a branch or tag. sha256: of the content in hex; None takes what the hub gives.
    """

    repo: str
    file: str
    revision: str
    sha256: str | None

    def __str__(self) -> str:
        return f"{self.repo}@{self.revision}:{self.file}"

    def path(self, folder: Path) -> Path:
        """Where the file lies below the cache `folder`; each revision has its own place."""
        return folder / self.repo.replace("/", "--") / self.revision / self.file

    def cached(self, folder: Path) -> bool:
        """Whether the file is there and was found right; reads no more than its size."""
        return _verified(self, self.path(folder))


def obtain(model: ModelFile, folder: Path, *, token: str | None, endpoint: str = HUB) -> Path:
    """The file on disk, downloaded when it is not there yet.

    A download that broke off is continued, a second process waits for the first, and the file takes its name
    only when it is whole. Its hash is compared once, then noted beside it. A cached file needs no network.
    @raises ModelError
    """
    path = model.path(folder)
    if _verified(model, path):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not _verified(model, path):
                _bring(model, path, token, endpoint)
    except OSError as error:
        raise ModelError(
            f"{model} could not be written to {path.parent}: {error.strerror or error}"
        ) from error
    return path


def _bring(model: ModelFile, path: Path, token: str | None, endpoint: str) -> None:
    if path.exists() and model.sha256:
        whole, expected = path, model.sha256
    else:
        whole, told = _download(model, path, token, endpoint)
        expected = model.sha256 or told or ""
    digest = _sha256(whole)
    if expected and digest != expected.lower():
        whole.unlink()
        raise ModelError(
            f"{model} has SHA-256 {digest}, but {expected} was asked for: it is another file, or was damaged "
            "on the way. It was deleted; start again, or correct the hash or the revision."
        )
    whole.replace(path)
    _sidecar(path).write_text(f"{digest} {path.stat().st_size}\n", encoding="ascii")
    log.info("model.verified", model=str(model), sha256=digest, bytes=path.stat().st_size)


def _verified(model: ModelFile, path: Path) -> bool:
    try:
        digest, size = _sidecar(path).read_text(encoding="ascii").split()
        whole = path.stat().st_size == int(size)
    except (OSError, ValueError):
        return False
    return whole and (model.sha256 is None or digest == model.sha256.lower())


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(model: ModelFile, path: Path, token: str | None, endpoint: str) -> tuple[Path, str | None]:
    """Where it is, still under another name, and the hash that the hub tells, if it does."""
    try:
        remote = look_up(endpoint, model.repo, model.revision, model.file, token)
        part = _part(path, remote.etag)
        log.info("model.downloading", model=str(model), bytes=remote.size)
        fetch(remote, part)
    except Refused as refused:
        if refused.code == "EntryNotFound":
            raise NoSuchFile(
                f"{model}: the repository has no file {model.file} at that revision"
            ) from refused
        raise ModelError(f"{model}: {_reason(refused, model, token, endpoint)}") from refused
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ModelError(
            f"{model} is not cached, and {endpoint} cannot be reached ({reason}). Check the network, or "
            f"put the file at {path} by hand."
        ) from error
    return part, remote.sha256


def _part(path: Path, etag: str) -> Path:
    """Named after the content: a branch may have moved on since an earlier download broke off."""
    part = path.with_name(f"{path.name}.{hashlib.sha256(etag.encode()).hexdigest()[:12]}.part")
    for other in path.parent.glob(f"{path.name}.*.part"):
        if other != part:
            other.unlink()
    return part


def _reason(refused: Refused, model: ModelFile, token: str | None, endpoint: str) -> str:
    if refused.code == "GatedRepo":
        return (
            f"its owner asks for a licence to be accepted. Do so at {endpoint}/{model.repo}, and give the "
            "token of that account in HF_TOKEN."
        )
    if refused.code == "RevisionNotFound":
        return f"there is no revision {model.revision}"
    if refused.status in (401, 403, 404):
        # The hub answers so for private repositories and wrong tokens, too, in order to tell nothing.
        return (
            f"the hub knows no such repository, or HF_TOKEN is {'rejected' if token else 'missing'}. Check "
            f"the name, and the token at {endpoint}/settings/tokens."
        )
    return f"the hub answered {refused}; try again later"
