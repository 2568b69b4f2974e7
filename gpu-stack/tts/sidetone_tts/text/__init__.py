"""What is written becomes what is said: numbers, dates, abbreviations, Latin words and stress marks.

from sidetone_tts.text import Dictionary, normalize
normalize("Тел. 8 (495) 123-45-67", "ru", Dictionary()).text
"""

from sidetone_tts.text.dictionary import Dictionary, DictionaryError
from sidetone_tts.text.pipeline import Normalized, Step, normalize
from sidetone_tts.text.stress import StressName, StressUnavailable, load_accentor

__all__ = [
    "Dictionary",
    "DictionaryError",
    "Normalized",
    "Step",
    "StressName",
    "StressUnavailable",
    "load_accentor",
    "normalize",
]
