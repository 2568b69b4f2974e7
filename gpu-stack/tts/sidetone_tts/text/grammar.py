"""Russian numbers in the case and gender that their neighbours ask for."""

from typing import Literal

from num2words import num2words

Case = Literal["n", "g", "d", "a", "i", "p"]
Gender = Literal["m", "f", "n"]
Forms = dict[Case, tuple[str, str, str]]
"""Per case: with one, with two to four, with five and more."""

CASE_AFTER: dict[str, Case] = {
    **dict.fromkeys(
        ("с", "со", "до", "от", "ото", "около", "после", "раньше", "позже", "ранее", "позднее"), "g"
    ),
    **dict.fromkeys(("без", "для", "из", "кроме", "не", "более", "менее", "больше", "меньше"), "g"),
    **dict.fromkeys(("к", "ко"), "d"),
    **dict.fromkeys(("в", "во", "на", "по", "через", "за", "про"), "a"),
    **dict.fromkeys(("между", "перед"), "i"),
    **dict.fromkeys(("о", "об", "при"), "p"),
}
"""The case a preposition (or a comparing word) puts a time or a date into."""

_LARGEST = 10**15  # Above it nobody follows the words; digits.py reads such numbers figure by figure.


def cardinal(number: int, case: Case = "n", gender: Gender = "m") -> str:
    """Says 0 <= number < 10**15: cardinal(21, "g", "f") is "двадцати одной"."""
    if not 0 <= number < _LARGEST:
        raise ValueError(f"{number} is outside 0 to 10**15: read it figure by figure")
    return str(num2words(number, lang="ru", case=case, gender=gender, animate=False))


def ordinal(number: int, case: Case = "n", gender: Gender = "m") -> str:
    """Says which one: ordinal(3, "g", "n") is "третьего"."""
    if not 0 <= number < _LARGEST:
        raise ValueError(f"{number} is outside 0 to 10**15: read it figure by figure")
    return str(num2words(number, lang="ru", to="ordinal", case=case, gender=gender, animate=False))


def counted(number: int, forms: Forms, case: Case = "n") -> str:
    """The form of a noun that goes with a number: 1 час, 2 часа, 5 часов."""
    one, few, many = forms[case]
    if number % 100 in range(11, 15):
        return many
    last = number % 10
    return one if last == 1 else few if last in (2, 3, 4) else many


def case_after(word: str | None) -> Case:
    """The case after a preposition; without one, the nominative."""
    return CASE_AFTER.get((word or "").strip().lower(), "n")


def figures(digits: str) -> str:
    """Every figure by itself: "007" is "ноль ноль семь"."""
    return " ".join(cardinal(int(digit)) for digit in digits)


def group(digits: str) -> str:
    """A group of figures as people dictate it: "05" is "ноль пять", "4512" "сорок пять двенадцать"."""
    if len(digits) > 3:
        first = 3 if len(digits) % 2 else 2
        return f"{group(digits[:first])} {group(digits[first:])}"
    tail = digits.lstrip("0")
    zeros = ["ноль"] * (len(digits) - len(tail))
    return " ".join([*zeros, cardinal(int(tail))] if tail else zeros)
