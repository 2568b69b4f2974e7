"""`python -m sidetone_tts doctor`: what keeps the service from speaking, and what to do about it."""

import os
import sys
from collections.abc import Iterator

from sidetone_common import doctor
from sidetone_common.doctor import Check
from sidetone_common.settings import SettingsError, from_env
from sidetone_llm.budget import TTS_ROW_GIB, TTS_WEIGHTS_GIB, reckon, table
from sidetone_llm.card import NoCard, from_nvidia_smi
from sidetone_llm.settings import Settings as BudgetSettings
from sidetone_llm.settings import plan_of

from . import patch
from .checkpoint import VOCODER, CheckpointError, require_architecture
from .reference import BadSample, prepare
from .settings import Settings
from .text import Dictionary, DictionaryError, StressUnavailable, load_accentor
from .upstream import precompute_freqs_cis

# The checkpoint of the Russian finetune, and its vocoder, on disk.
_DOWNLOAD_BYTES = int((TTS_WEIGHTS_GIB + 0.1) * 2**30)


def examine(settings: Settings) -> int:
    """Prints what it found. @returns the exit code: 1 when something is wrong"""
    return doctor.report(_checks(settings), sys.stdout)


def _checks(settings: Settings) -> Iterator[Check]:
    yield _upstream()
    yield _architecture(settings)
    files = [settings.source.weights, settings.source.vocab, *VOCODER]
    for file in files:
        yield doctor.model_cached(file, settings.models_dir)
    if not all(file.cached(settings.models_dir) for file in files):
        yield doctor.disk(settings.models_dir, _DOWNLOAD_BYTES)
    yield from doctor.hub(settings.hf_token, settings.hf_endpoint)
    yield _voice(settings)
    yield _words(settings)
    yield doctor.port_free(settings.host, settings.port, "TTS_PORT")
    if settings.device == "cuda":
        yield doctor.gpu(int((TTS_WEIGHTS_GIB + TTS_ROW_GIB * settings.max_batch) * 2**30))
        yield _budget()


def _upstream() -> Check:
    name = "F5-TTS"
    try:
        patch.require_known_upstream()
    except patch.PatchError as error:
        return Check(name, False, str(error), "pip install --no-deps -r requirements.txt")
    if precompute_freqs_cis(64, 8).is_complex():
        return Check(
            name,
            False,
            'its text positions are complex numbers, and speech ends in "Input type complex..."',
            "another patch of F5-TTS is active in this environment: remove it, or build the image anew",
        )
    return Check(name, True, "a version the long-text patch is known to hold for, with real text positions")


def _architecture(settings: Settings) -> Check:
    source = settings.source
    try:
        require_architecture(source.arch, f"{source.weights.repo}/{source.weights.file}")
    except CheckpointError as error:
        return Check(
            "checkpoint", False, str(error), "set TTS_ARCH, TTS_REPO and TTS_WEIGHTS to belong together"
        )
    return Check("checkpoint", True, f"{source.weights} as {source.arch}")


def _voice(settings: Settings) -> Check:
    file, name = settings.ref_audio, "voice"
    try:
        sample = prepare(file.read_bytes(), min_speech_s=settings.min_speech_s)
    except OSError as error:
        return Check(
            name,
            False,
            f"{file} cannot be read ({error.strerror})",
            f"put a recording of 5 to 10 s there, readable by user {os.getuid()}; without it requests have "
            "to bring or name a voice",
        )
    except BadSample as error:
        return Check(
            name, False, f"{file}: {error}", "record it anew: 5 to 10 s, close to the microphone, no echo"
        )
    found = f"{file}: {sample.speech_s:.1f} s of speech, {sample.snr_db:.0f} dB signal to noise"
    if settings.ref_text and sample.cut:
        return Check(
            name, False, f"{found}; it is cut to 12 s, which TTS_REF_TEXT does not fit", "shorten both"
        )
    if not settings.ref_text and not settings.stt_url:
        return Check(
            name, False, f"{found}; nobody says what is said in it", "set TTS_REF_TEXT, or STT_API_URL"
        )
    return Check(name, True, found)


def _words(settings: Settings) -> Check:
    try:
        load_accentor(settings.stress)
        words = len(Dictionary.read(settings.dictionary)) if settings.dictionary else 0
    except (DictionaryError, StressUnavailable) as error:
        return Check("texts", False, str(error), "see TTS_DICTIONARY and TTS_STRESS")
    return Check("texts", True, f"stress by {settings.stress}, {words} words of your own")


def _budget() -> Check:
    """Whether the services fit on the card together, as the preflight of llm-server reckons."""
    name = "GPU memory"
    try:
        settings = from_env(BudgetSettings)
        budget = reckon(settings.gpu_memory_gib or from_nvidia_smi().gib, plan_of(settings))
    except (SettingsError, NoCard) as error:
        return Check(name, None, str(error))
    if budget.problems:
        return Check(name, False, "; ".join(budget.problems), f"the whole sum:\n{table(budget)}")
    return Check(
        name, True, f"{budget.free_gib:.2f} of {budget.card_gib:.2f} GiB are left beside the three services"
    )
