"""From what is written to what is said, stage by stage."""

from collections.abc import Callable
from dataclasses import dataclass

from sidetone_tts.text.abbreviations import expand_abbreviations
from sidetone_tts.text.alphabet import latin_alphabet, russian_alphabet
from sidetone_tts.text.amounts import rewrite_amounts
from sidetone_tts.text.clean import clean
from sidetone_tts.text.dates import speak_dates
from sidetone_tts.text.dictionary import Dictionary, built_in
from sidetone_tts.text.digits import speak_digits
from sidetone_tts.text.english import speak_english
from sidetone_tts.text.latin import fold_accents
from sidetone_tts.text.russian import speak_numbers
from sidetone_tts.text.sentences import sentences
from sidetone_tts.text.stress import StressName, load_accentor
from sidetone_tts.text.times import speak_times
from sidetone_tts.text.webnames import speak_addresses_en, speak_addresses_ru


@dataclass(frozen=True)
class Step:
    """What one stage made of the text; `failed` names the error of a stage that was passed over."""

    name: str
    text: str
    failed: str | None = None


@dataclass(frozen=True)
class Normalized:
    """What the voice is given, and how it came about. `text` may be empty: an emoji says nothing."""

    text: str
    steps: list[Step]


@dataclass(frozen=True)
class _Stage:
    name: str
    run: Callable[[str], str]
    by_sentence: bool = False


def normalize(
    text: str, language: str, dictionary: Dictionary, *, stress: StressName = "silero"
) -> Normalized:
    """Writes any text out as it is said, in characters that F5-TTS knows.

    Args:
        text: Anything: markup, emoji, control characters and lone surrogates included.
        language: "ru", "en", or a longer tag ("en-US"). Other languages get their numbers said in English.
        dictionary: Words of the user's own; they go before everything else.
        stress: Who marks stresses in Russian ("+" before the vowel); "off" takes all marks away.

    Raises:
        StressUnavailable: The accentor cannot be loaded. A service calls load_accentor at its start.
    """
    russian = language.lower().split("-")[0].split("_")[0] == "ru"
    steps = []
    for stage in _russian(dictionary, stress) if russian else _english(dictionary):
        text, failed = _passed(stage, text)
        steps.append(Step(stage.name, text, failed))
    return Normalized(text, steps)


def _russian(dictionary: Dictionary, stress: StressName) -> list[_Stage]:
    return [
        _Stage("clean", clean),
        _Stage("web addresses", speak_addresses_ru),
        _Stage("dictionary", dictionary.apply),
        _Stage("dictated figures", speak_digits),
        _Stage("known words", built_in().apply),
        _Stage("times", speak_times),
        _Stage("dates", speak_dates),
        _Stage("amounts", rewrite_amounts),
        _Stage("abbreviations", expand_abbreviations),
        _Stage("accents", fold_accents),
        _Stage("numbers", speak_numbers, by_sentence=True),
        _Stage("alphabet", russian_alphabet),
        _Stage("stress", load_accentor(stress), by_sentence=True),
    ]


def _english(dictionary: Dictionary) -> list[_Stage]:
    return [
        _Stage("clean", clean),
        _Stage("web addresses", speak_addresses_en),
        _Stage("dictionary", dictionary.apply),
        _Stage("numbers", speak_english),
        _Stage("alphabet", latin_alphabet),
    ]


def _passed(stage: _Stage, text: str) -> tuple[str, str | None]:
    """The text after a stage. Where a library breaks down over a sentence, that sentence stays as it was."""
    pieces = sentences(text) if stage.by_sentence else [text]
    done, failed = [], None
    for piece in pieces:
        try:
            said = stage.run(piece)
        except Exception as error:
            # Whatever a library dislikes about this text, a voice that falls silent would be worse.
            said, failed = piece, type(error).__name__
        gap = " " if piece[-1:].isspace() and said and not said[-1].isspace() else ""
        done.append(said + gap)
    return "".join(done).strip(), failed
