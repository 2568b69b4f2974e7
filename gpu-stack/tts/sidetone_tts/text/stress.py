"""Where the stress lies: "+" before the stressed vowel, as F5-TTS finetunes for Russian were taught it."""

import importlib
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, Protocol, cast

StressName = Literal["silero", "ruaccent", "off"]

_LONGEST_WORD = 40  # letters; silero-stress builds all parts of a word, minutes for a thousand letters
_UNCHEWABLE = re.compile(rf"(\S{{{_LONGEST_WORD + 1},}})")
_CACHED_SENTENCES = 4096


class StressUnavailable(RuntimeError):
    """The accentor asked for is not installed or cannot load; the message says what to do."""


class Accentor:
    """Marks sentences, one at a time (the models are not made for threads), and remembers the latest."""

    def __init__(self, mark: Callable[[str], str]) -> None:
        self._mark = mark
        self._lock = threading.Lock()
        self._remembered = lru_cache(maxsize=_CACHED_SENTENCES)(self._marked)

    def __call__(self, sentence: str) -> str:
        """The sentence with "+" before stressed vowels and "ё" restored; marks that are there stay."""
        return self._remembered(sentence)

    def _marked(self, sentence: str) -> str:
        with self._lock:
            parts = _UNCHEWABLE.split(sentence)
            parts[::2] = [self._mark(part) if part.strip() else part for part in parts[::2]]
        marked = "".join(parts)
        # An accentor that lost or added anything else than marks is not believed.
        return marked if _bare(marked) == _bare(sentence) else sentence


_loading = threading.Lock()
_loaded: dict[StressName, Accentor] = {}


def load_accentor(name: StressName) -> Accentor:
    """The accentor of that name, loaded once per process; silero takes some 5 s, so call this at start.

    Raises:
        StressUnavailable: Its package is missing, or its model could not be loaded.
    """
    with _loading:
        if name not in _loaded:
            _loaded[name] = Accentor(_LOADERS[name]())
        return _loaded[name]


def strip_marks(sentence: str) -> str:
    """Without any mark, for a voice that was not taught them."""
    return sentence.replace("+", "")


def _bare(sentence: str) -> str:
    return sentence.replace("+", "").replace("ё", "е").replace("Ё", "Е").strip()


class _Silero(Protocol):
    def __call__(self, sentence: str, *, stress_single_vowel: bool) -> str: ...


class _RuAccent(Protocol):
    def load(self, *, omograph_model_size: str, use_dictionary: bool) -> None: ...
    def process_all(self, text: str) -> str: ...


def _load_silero() -> Callable[[str], str]:
    try:
        import torch
        from silero_stress import load_accentor as load
    except ImportError as error:
        raise StressUnavailable(
            f'silero-stress cannot be imported ({error}). Install it, or choose the stress "off".'
        ) from error
    # Loading switches torch to one thread and no gradients for the whole process: not the accentor's to say.
    threads, gradients = torch.get_num_threads(), torch.is_grad_enabled()
    try:
        silero = cast(_Silero, load())
    finally:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(gradients)
    return lambda sentence: silero(sentence, stress_single_vowel=False)


def _load_ruaccent() -> Callable[[str], str]:
    try:
        package = importlib.import_module("ruaccent")
        ruaccent = cast(_RuAccent, package.RUAccent())
        ruaccent.load(omograph_model_size="tiny2.1", use_dictionary=True)
    except ImportError as error:
        raise StressUnavailable(
            f"RUAccent cannot be imported ({error}). Add the package ruaccent to the image, or choose "
            'the stress "silero", which needs no download.'
        ) from error
    except Exception as error:  # It downloads its models, and any client's error may come out of it.
        raise StressUnavailable(
            f"RUAccent could not load its models ({error}). They come from a hub: check the network, or "
            'choose the stress "silero", which needs no download.'
        ) from error
    return ruaccent.process_all


_LOADERS: dict[StressName, Callable[[], Callable[[str], str]]] = {
    "silero": _load_silero,
    "ruaccent": _load_ruaccent,
    "off": lambda: strip_marks,
}
