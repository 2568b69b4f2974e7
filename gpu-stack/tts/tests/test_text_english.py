"""English takes a light path: figures and abbreviations."""

import pytest

from sidetone_tts.text import Dictionary, normalize

CASES = [
    ("I have 21 apples.", "I have twenty-one apples."),
    ("1,250 people", "one thousand two hundred and fifty people"),
    ("3.14", "three point one four"),
    ("-5 degrees", "minus five degrees"),
    ("007", "zero zero seven"),
    ("It costs $5.50.", "It costs five dollars and fifty cents."),
    ("$1", "one dollar"),
    ("$1.5 million", "one point five million dollars"),
    ("£2.01", "two pounds and one penny"),
    ("50% off", "fifty percent off"),
    ("at 10:30", "at ten thirty"),
    ("at 10:05 am", "at ten oh five a m"),
    ("at 10:00", "at ten o'clock"),
    ("by 5 pm", "by five p m"),
    ("the 21st of May", "the twenty-first of May"),
    ("in 1999", "in nineteen ninety-nine"),
    ("since 2024", "since twenty twenty-four"),
    ("5 kg and 1 km", "five kilograms and one kilometre"),
    ("60 mph", "sixty miles per hour"),
    ("Mr. Smith and Dr. Jones", "Mister Smith and Doctor Jones"),
    ("e.g. tea, coffee, etc.", "for example tea, coffee, et cetera."),
    ("No. 5", "Number five"),
    ("No. I won't.", "No. I won't."),
    ("Call +1 212 555 0123", "Call one, two one two, five five five, zero one two three"),
    ("Write to info@example.com.", "Write to info at example dot com."),
    ("A & B", "A and B"),
    ("café 😀", "cafe"),
    ("99999999999999999999", " ".join(["nine"] * 20)),
]


@pytest.mark.parametrize(("written", "said"), CASES, ids=[written for written, _ in CASES])
def test_says_what_is_read_out(written: str, said: str) -> None:
    result = normalize(written, "en-US", Dictionary())
    assert result.text == said
    assert [step for step in result.steps if step.failed] == []


def test_leaves_plain_words_and_stress_alone() -> None:
    said = normalize("Hello, world: it is a fine day!", "en", Dictionary())
    assert said.text == "Hello, world: it is a fine day!"
    assert "stress" not in [step.name for step in said.steps]
