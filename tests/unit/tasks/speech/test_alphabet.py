import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError
from ostinato.datasets import Recordings
from ostinato.tasks.speech.alphabet import Alphabet

UNITS = ("character", "word")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
transcripts = st.lists(texts, min_size=1, max_size=5)


def split(*transcripts):
    names = [f"row {i}" for i in range(1, len(transcripts) + 1)]
    return Recordings.make(["a.wav"] * len(transcripts), transcripts, "a list", names=names)


def fit(*transcripts, unit="character", given=None, joins=False):
    return Alphabet.fit(split(*transcripts), unit, given, joins=joins)


def tidy(text):
    return " ".join(text.split())


@pytest.mark.parametrize("unit", UNITS)
@given(transcripts=transcripts, joins=st.booleans())
def test_what_was_learned_can_be_written_and_read_again(unit, transcripts, joins):
    assume(any(text.split() for text in transcripts))
    alphabet = fit(*transcripts, unit=unit, joins=joins)
    encoded = alphabet.encode(transcripts)
    assert encoded.values.dtype == "int64"
    for classes, text in zip(encoded, transcripts, strict=True):
        assert alphabet.decode(classes.tolist()) == tidy(text)
    classes = encoded.values
    assert not len(classes) or 1 <= classes.min() <= classes.max() <= len(alphabet.symbols)
    assert alphabet.unknown_rate(transcripts) == 0
    assert list(alphabet.symbols) == sorted(set(alphabet.symbols))


@pytest.mark.parametrize("unit", UNITS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transcripts=transcripts)
def test_an_alphabet_is_loaded_as_it_was_saved(unit, transcripts, tmp_path):
    assume(any(text.split() for text in transcripts))
    alphabet = fit(*transcripts, unit=unit)
    alphabet.save(tmp_path)
    assert Alphabet.load(tmp_path) == alphabet


def test_classes_begin_with_1_as_0_is_the_blank():
    alphabet = fit("ba c")
    assert alphabet.symbols == (" ", "a", "b", "c")
    assert alphabet.encode(["abc"])[0].tolist() == [2, 3, 4]
    assert alphabet.decode([4, 1, 2]) == "c a"
    words = fit("two one", "one", unit="word")
    assert words.symbols == ("one", "two")
    assert words.encode(["two one two", ""]).values.tolist() == [2, 1, 2]
    assert words.decode([2, 1]) == "two one"


@pytest.mark.parametrize(
    ("transcripts", "joins", "has_space"),
    [
        (["one", "two"], False, False),
        (["one", "two"], True, True),
        (["one two"], False, True),
        (["один"], True, True),
        (["你好", "世界"], False, False),
        (["你好", "世界"], True, False),
        (["こんにちは"], True, False),
        (["你好 世界"], True, True),
        (["你好 世界"], False, True),
        (["你好ok"], True, False),
        (["ok", "你好 ok"], True, True),
    ],
)
def test_a_space_is_there_if_it_was_heard_or_if_joined_transcripts_need_one(
    transcripts, joins, has_space
):
    alphabet = fit(*transcripts, joins=joins)
    assert (" " in alphabet.symbols) == has_space
    assert (alphabet.separator is not None) == has_space
    if has_space:
        assert alphabet.symbols[alphabet.separator - 1] == " "
    words = fit(*transcripts, unit="word", joins=joins)
    assert words.separator is None
    assert " " not in words.symbols


def test_a_space_that_was_given_parts_words_and_one_that_was_not_does_not():
    assert fit("ab", given=" ab").separator == 1
    assert fit("ab", given="ab", joins=True).separator is None


def test_a_space_that_is_a_word_parts_nothing():
    assert Alphabet((" ", "one"), "word").separator is None


def test_any_white_space_is_one_space():
    alphabet = fit("a\t b\u3000\n c ")
    assert alphabet.symbols == (" ", "a", "b", "c")
    assert alphabet.encode([" a\u00a0\u2003 b "])[0].tolist() == [2, 1, 3]
    assert alphabet.decode([1, 2, 1, 1, 3, 1]) == "a b"


@pytest.mark.parametrize(
    ("unit", "given", "symbols"),
    [
        ("character", "cba ", (" ", "a", "b", "c")),
        ("word", " b  a\nab ", ("a", "ab", "b")),
        ("word", "好 你", ("你", "好")),
    ],
)
def test_an_alphabet_that_is_given_is_taken(unit, given, symbols):
    assert fit("", unit=unit, given=given).symbols == symbols


@pytest.mark.parametrize(
    ("unit", "given", "twice"),
    [("character", "abca", "a"), ("character", " a ", " "), ("word", "one two two", "two")],
)
def test_a_symbol_that_is_given_twice_is_told(unit, given, twice):
    with pytest.raises(ConfigError, match=rf"alphabet: .* stand there once; got `{twice}` twice"):
        fit("a", unit=unit, given=given)


@pytest.mark.parametrize(
    ("unit", "given", "text", "strange"),
    [
        ("character", "abc ", "a bdc", "d"),
        ("character", "abc", "ab c", " "),
        ("character", "abc", "aB", "B"),
        ("word", "one two", "one too", "too"),
    ],
)
def test_a_symbol_that_was_not_given_is_told_with_its_recording(unit, given, text, strange):
    with pytest.raises(
        DatasetError, match=rf"a list: row 2: .* of the alphabet only; got `{strange}` in `{text}`"
    ):
        fit("", text, unit=unit, given=given)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("joins", [False, True])
@pytest.mark.parametrize("transcripts", [["", " \n"], [""]])
def test_transcripts_that_are_all_empty_are_told(unit, joins, transcripts):
    with pytest.raises(DatasetError, match=rf"a list: some transcript must have a {unit}; all are"):
        fit(*transcripts, unit=unit, joins=joins)


@pytest.mark.parametrize(
    ("unit", "text", "rate", "read"),
    [
        ("character", "abXc", 0.25, "abc"),
        ("character", "a b", 1 / 3, "ab"),
        ("word", "a x b y", 0.5, "a b"),
        ("character", "", 0.0, ""),
    ],
)
def test_symbols_that_are_not_known_are_counted_and_left_out(unit, text, rate, read):
    alphabet = Alphabet(("a", "b", "c"), unit)
    assert alphabet.unknown_rate([text]) == pytest.approx(rate)
    assert alphabet.decode(alphabet.encode([text])[0].tolist()) == read


def test_the_share_of_unknown_symbols_is_that_of_all_transcripts_together():
    alphabet = Alphabet(("a",), "character")
    assert alphabet.unknown_rate(["aaaaaaa", "b", ""]) == pytest.approx(1 / 8)
    assert alphabet.unknown_rate([]) == 0
    assert len(alphabet.encode([])) == 0
