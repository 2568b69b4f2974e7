"""What may be wrong with this service, and the fix."""

from collections.abc import Iterator

from sidetone_common import doctor
from sidetone_common.doctor import Check
from sidetone_common.models import ModelError, ModelFile
from sidetone_stt import t_one, whisper_files
from sidetone_stt.settings import Settings

# large-v3-turbo in float16, with the buffers of a batch of eight.
_WHISPER_BYTES = 3 * 2**30
_DOWNLOAD_BYTES = 2 * 2**30


def checks(settings: Settings) -> Iterator[Check]:
    yield doctor.port_free(settings.host, settings.port, "STT_PORT")
    whisper = settings.engine == "whisper"
    try:
        model = whisper_files.weights(settings) if whisper else t_one.weights(settings)
    except ModelError as error:
        yield Check("model", False, str(error), "correct STT_MODEL")
        return
    yield from _model(model, settings)
    if whisper and settings.device != "cpu":
        yield doctor.gpu(_WHISPER_BYTES)
    yield from doctor.hub(settings.hf_token, settings.hub)


def _model(model: ModelFile | None, settings: Settings) -> Iterator[Check]:
    if model is None:
        try:
            whisper_files.folder(settings)
        except ModelError as error:
            fix = "give a folder with a CTranslate2 conversion (ct2-transformers-converter)"
            yield Check(f"model {settings.model}", False, str(error), fix)
        else:
            yield Check(f"model {settings.model}", True, "a folder with all that it needs")
        return
    yield doctor.model_cached(model, settings.models)
    if not model.cached(settings.models):
        yield doctor.disk(settings.models, _DOWNLOAD_BYTES)
