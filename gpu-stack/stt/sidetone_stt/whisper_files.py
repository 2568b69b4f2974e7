"""The files of a Whisper model in CTranslate2's format, and where they come from."""

from pathlib import Path

from faster_whisper.utils import _MODELS

from sidetone_common.models import ModelError, ModelFile, NoSuchFile, obtain
from sidetone_stt.settings import Settings

WEIGHTS = "model.bin"
# Beside the weights; which vocabulary there is depends on the age of the conversion.
_REQUIRED = ("config.json", "tokenizer.json")
_OPTIONAL = ("preprocessor_config.json", "vocabulary.json", "vocabulary.txt")

# What "large-v3-turbo" was when it was tried: named exactly, so that nobody gets another one in silence.
_PINNED_REPO = "dropbox-dash/faster-whisper-large-v3-turbo"
_PINNED_REVISION = "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf"
_PINNED_SHA256 = "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da"
_PINNED_NAMES = ("large-v3-turbo", "turbo", _PINNED_REPO)


def weights(settings: Settings) -> ModelFile | None:
    """The weights on the hub; None where the model is a folder. @raises ModelError: no such model"""
    if Path(settings.model).is_dir():
        return None
    if settings.model in _PINNED_NAMES and settings.revision == "main":
        return ModelFile(_PINNED_REPO, WEIGHTS, _PINNED_REVISION, settings.sha256 or _PINNED_SHA256)
    repo = _MODELS.get(settings.model, settings.model)
    if repo.count("/") != 1:
        raise ModelError(
            f"STT_MODEL={settings.model}: no such model. Known are {', '.join(_MODELS)}, any repository "
            "(owner/name) with a CTranslate2 conversion, or a folder with one."
        )
    return ModelFile(repo, WEIGHTS, settings.revision, settings.sha256)


def folder(settings: Settings) -> Path:
    """Where the whole model lies, downloaded if need be. @raises ModelError"""
    model = weights(settings)
    if model is None:
        return _whole(Path(settings.model))
    if not model.cached(settings.models):
        # The weights come last: once they are there, everything is.
        for name in (*_REQUIRED, *_OPTIONAL, WEIGHTS):
            file = model if name == WEIGHTS else ModelFile(model.repo, name, model.revision, None)
            try:
                obtain(file, settings.models, token=settings.hf_token, endpoint=settings.hub)
            except NoSuchFile:
                if name not in _OPTIONAL:
                    raise
    return model.path(settings.models).parent


def _whole(folder: Path) -> Path:
    # faster-whisper would ask the hub for a tokenizer that is not there.
    missing = [name for name in (*_REQUIRED, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"STT_MODEL={folder}: the folder has no {' and no '.join(missing)}")
    return folder
