"""Money, rates and quantities in the writing that ru-normalizr reads rightly.

It knows "1250,50 руб." and "два с половиной миллиарда", and stumbles over "$1,250.50", "500 р. за кг",
"₽/мес" and "1,5 часа". Those are rewritten here; numbers stay figures wherever it can say them itself.
"""

import re

from sidetone_tts.text.grammar import counted

_CURRENCY = {
    "$": ("доллар", "доллара", "долларов"),
    "€": ("евро", "евро", "евро"),
    "£": ("фунт", "фунта", "фунтов"),
    "¥": ("иена", "иены", "иен"),
    "₽": ("рубль", "рубля", "рублей"),
    "₴": ("гривна", "гривны", "гривен"),
    "₸": ("тенге", "тенге", "тенге"),
    "₿": ("биткоин", "биткоина", "биткоинов"),
}
_KNOWN = "$€₽"  # ru-normalizr says these itself, after a bare number.
_SIGNS = "".join(map(re.escape, _CURRENCY))
_SCALES = {
    "k": "тыс.", "к": "тыс.", "m": "млн", "м": "млн", "b": "млрд",
    "тыс": "тыс.", "тысяч": "тыс.", "млн": "млн", "млрд": "млрд", "трлн": "трлн",
}  # fmt: skip
_SCALE = r"(?:\s?(тыс(?:яч)?|млн|млрд|трлн|[kKмMbB](?=[\s.,!?)]|$))\.?)?"
_BEFORE = re.compile(rf"([{_SIGNS}])\s?(\d[\d\u00a0.,]*\d|\d){_SCALE}")
_AFTER = re.compile(rf"(?<![\d.,])(?:(тыс\.?|млн|млрд|трлн)|(\d+)([.,]\d+)?)\s?([{_SIGNS}])")
_ENGLISH = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")
_ROUBLES = re.compile(r"(\d|тыс\.|млн|млрд)\s?(?:руб|р)\b\.?(?=(\s+[а-яё(]|\s*[,;:!?)/—-])?)")
_NAMED = (
    (re.compile(r"\bUSD\b|(?<=\d )дол+\."), "долларов"),
    (re.compile(r"\bEUR\b"), "евро"),
    (re.compile(r"\bRUB\b"), "руб."),
    (re.compile(r"(?<=\d)\s?грн\b\.?"), " гривен"),
)
# ru-normalizr takes "Цена 500 рублей" for "the price of 500 roubles"; the dash tells it otherwise.
_LABEL = re.compile(
    r"\b(цена|стоимость|сумма|баланс|итого|оплата|долг|тариф|остаток|скидка)\s+(?=\d)", re.IGNORECASE
)
_RATE = re.compile(
    r"(руб\b\.?|рубл\w+|долларов|евро|[₽$€])\s?/\s?(мес|месяц|год|день|дн|час|ч|кг|шт|мин|сутки|сут|м2|м²|км|л|чел)\b(?:\.(?=(\s+[А-ЯЁ]|\s*$)?))?"
)
_PER = re.compile(r"\b(за|в)\s+(кг|шт|мес|мин|чел|сут)\b(?:\.(?=(\s+[А-ЯЁ]|\s*$)?))?")
_PER_NAME = {
    "дн": "день", "ч": "час", "кг": "килограмм", "шт": "штуку", "мин": "минуту", "мес": "месяц",
    "сут": "сутки", "м2": "квадратный метр", "м²": "квадратный метр", "км": "километр", "л": "литр",
    "чел": "человека",
}  # fmt: skip
_BOUGHT = {"кг", "шт", "м2", "м²", "км", "л", "чел"}

_HALF_M = r"(?:часа|года|месяца|дня|литра|метра|километра|килограмма|раза|процента|рубля)"
_HALF_F = r"(?:минуты|недели|секунды|тонны|тысячи|смены)"
_HALF = re.compile(rf"(?<![\d.,])(\d{{1,3}})[.,]5\s+(?={_HALF_M}\b|{_HALF_F}\b)")
_HALF_ENDING = re.compile(rf"\s*{_HALF_F}\b")

_SIZE = re.compile(r"(?<=\d)\s?[xхXХ×]\s?(?=\d)")
_POWER = re.compile(r"(?<=[\dA-Za-zА-Яа-я])([²³])(?![\w²³])")
_UNIT_POWER = re.compile(r"(?:^|[\s\d])(?:мм|см|дм|км|м|mm|cm|km|m)$")
_SECONDS = re.compile(r"(?<![\d.,])(\d+(?:,\d+)?)\s?с(?=\s*(?:[,;:!?)]|\.\s|\.?$))")
_AGE = re.compile(r"(?<![\d.,])(\d{1,3})\+(?!\s?\d|\w)")
_ALWAYS = re.compile(r"(?<![\d/.,])24/7(?![\d/])")


def rewrite_amounts(text: str) -> str:
    """Brings amounts into words and units that the number stage agrees with their neighbours."""
    text = _BEFORE.sub(_sign_before, text)
    text = _AFTER.sub(_sign_after, text)
    for pattern, said in _NAMED:
        text = pattern.sub(said, text)
    text = _LABEL.sub(r"\1 — ", text)
    text = _ROUBLES.sub(_roubles, text)
    text = _RATE.sub(_rate, text)
    text = _PER.sub(lambda m: f"{m[1]} {_PER_NAME[m[2]]}{'' if m[3] is None else '.'}", text)
    text = _HALF.sub(_half, text)
    text = _SIZE.sub(" на ", text)
    text = _POWER.sub(_power, text)
    text = _SECONDS.sub(r"\1 сек", text)
    text = _AGE.sub(r"\1 плюс", text)
    return _ALWAYS.sub("двадцать четыре на семь", text)


def _sign_before(match: re.Match[str]) -> str:
    amount = match[2].replace("\u00a0", " ")
    if _ENGLISH.fullmatch(amount):
        amount = amount.replace(",", "")
    amount = re.sub(r"\.(?=\d{1,2}$)", ",", amount)
    scale = f" {_SCALES[match[3].lower()]}" if match[3] else ""
    return f"{amount}{scale} {match[1]}"


def _sign_after(match: re.Match[str]) -> str:
    forms = _CURRENCY[match[4]]
    if match[1]:
        return f"{match[1]} {forms[2]}"
    if match[4] in _KNOWN:
        return match[0]
    number = f"{match[2]}{match[3] or ''}"
    return f"{number} {forms[1] if match[3] else counted(int(match[2][-2:]), {'n': forms})}"


def _roubles(match: re.Match[str]) -> str:
    """The dot goes where the sentence goes on ("500 р. за кг") and stays where it ends."""
    return f"{match[1]} руб{'' if match[2] else '.'}"


def _rate(match: re.Match[str]) -> str:
    unit = match[2]
    end = "" if match[3] is None else "."
    return f"{match[1]} {'за' if unit in _BOUGHT else 'в'} {_PER_NAME.get(unit, unit)}{end}"


def _half(match: re.Match[str]) -> str:
    whole = int(match[1])
    feminine = _HALF_ENDING.match(match.string, match.end()) is not None
    if whole == 1:
        return "полторы " if feminine else "полтора "
    if whole == 0:
        return match[0]
    if whole == 2:
        return "две с половиной " if feminine else "два с половиной "
    return f"{whole} с половиной "


def _power(match: re.Match[str]) -> str:
    if _UNIT_POWER.search(match.string[max(0, match.start() - 4) : match.start()]):
        return match[0]
    return " в квадрате" if match[1] == "²" else " в кубе"
