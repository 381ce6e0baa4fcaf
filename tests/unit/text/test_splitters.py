import json
import marshal
import sys
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import ConfigError
from ostinato.text.splitters import (
    Splitter,
    load_jieba,
    load_spacy,
    make_splitter,
    well_formed,
)

PIECES = [
    "<br />", "<BR>", "<br\n/>", "<br", "n't", "N'T", "n\u2019t", "don't", "'s", "\u2019S", "'ll", "'d", "'", "_",
    "U.S.", "Mr.", "mr.", "e.g", "a@b.org", "http://a.b/c?d", "...", "--", ".", ",", "1,000.5", "8.5", "80s",
    "É", "é", "e\u0301", "İ", "ß", "Σ", "中文", "かな",
    "カー", "한국", "नमस्ते", "👍🏽", "\u00a0", "\u200d", "\u2028", "\u0085", "\x1c", " ", "\n", "\t", "Film",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)
KINDS = ["word", "treebank", "char", "spacy", "spacy:zh", "jieba"]


@pytest.fixture(
    scope="module",
    params=[(kind, lowercase) for kind in KINDS for lowercase in (True, False)],
    ids=str,
)
def splitter(request: pytest.FixtureRequest) -> Splitter:
    kind, lowercase = request.param
    if kind not in ("word", "treebank", "char"):
        pytest.importorskip(kind.partition(":")[0])
    return make_splitter(kind, lowercase=lowercase)


@settings(deadline=None)
@given(text=texts)
def test_words_and_spans_agree_and_the_gaps_are_blank(splitter: Splitter, text: str) -> None:
    spans = splitter.spans(text)
    assert splitter.words(text) == [word for word, _, _ in spans]
    begun = done = 0
    for word, start, end in spans:
        assert begun <= start < end <= len(text)
        assert done <= start or "İ" in text[start:end]  # two characters in lower case
        assert not _without_breaks(text[done:start]).strip()
        written = _without_breaks(text[start:end])
        if word == " ":
            assert written.isspace()
        elif splitter.lowercase:
            assert _plain(word) in _plain(written)
        else:
            assert _straight(word) == _straight(written)
        begun, done = start, end
    assert not _without_breaks(text[done:]).strip()


@settings(deadline=None, max_examples=400)
@pytest.mark.parametrize("kind", ["word", "char"])
@pytest.mark.parametrize("lowercase", [True, False])
@given(text=texts)
def test_python_and_tokenizers_cut_alike(kind: str, lowercase: bool, text: str) -> None:
    splitter = make_splitter(kind, lowercase=lowercase)
    normalizer, pre_tokenizer = splitter.pipeline()
    assert normalizer is not None
    expected = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
    assert splitter.words(text) == [word for word, _ in expected]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't! It's CAN\u2019T.", "do n't ! it 's ca n't ."),
        ("I'm, we've, they'll, he'd", "i 'm , we 've , they 'll , he 'd"),
        ("'some' rock'n'roll o'clock", "' some ' rock ' n ' roll o ' clock"),
        ("8.5/10, 1,000 in the 80s...", "8.5 / 10 , 1,000 in the 80s ..."),
        ("wait--what?!", "wait -- what ? !"),
        ("good<br /><br />bad<BR>ugly", "good bad ugly"),
        ("_great_ film", "_ great _ film"),
        ("这部film很好，カタ", "这 部 film 很 好 ， カ タ"),
        ("café naïve Ærø", "café naïve ærø"),
        ("", ""),
        (" \t\n", ""),
    ],
)
def test_words_are_what_a_reader_expects(text: str, words: str) -> None:
    assert make_splitter("word", lowercase=True).words(text) == words.split()


def test_time_grows_with_the_length_only() -> None:
    splitter = make_splitter("word", lowercase=True)
    blob = "x" * 300_000  # a word this long made a pattern that looks back take hours
    assert splitter.words(f"é {blob} é{blob} 1{'1' * 300_000}") == [
        "é", blob, "é" + blob, "1" * 300_001,
    ]  # fmt: skip


def test_characters_keep_one_space() -> None:
    splitter = make_splitter("char", lowercase=True)
    assert splitter.words("Ab <br /> 好") == ["a", "b", " ", "好"]
    assert splitter.spans("Ab <br /> 好")[2:] == [(" ", 2, 10), ("好", 10, 11)]


def test_a_longer_lower_case_letter_keeps_its_place() -> None:
    assert make_splitter("word", lowercase=True).spans("İİ x") == [("i̇i̇", 0, 2), ("x", 3, 4)]


def test_jieba_cuts_chinese_words() -> None:
    pytest.importorskip("jieba")
    assert make_splitter("jieba", lowercase=True).words("我喜欢这部电影 OK") == [
        "我", "喜欢", "这部", "电影", "ok",
    ]  # fmt: skip


def test_spacy_takes_a_language() -> None:
    pytest.importorskip("spacy")
    assert make_splitter("spacy:de", lowercase=True).words("Das ist z.B. gut.") == [
        "das", "ist", "z.b.", "gut", ".",
    ]  # fmt: skip


def test_a_lone_surrogate_is_replaced(splitter: Splitter) -> None:
    assert "\ufffd" in "".join(splitter.words("a \ud800 b"))
    assert well_formed("a\udfffb") == "a\ufffdb"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"kind must be word, treebank, char.*'spaczy'; did you mean `spacy`"
    ):
        make_splitter("spaczy", lowercase=True)


def test_an_unknown_language_is_refused() -> None:
    pytest.importorskip("spacy")
    with pytest.raises(ConfigError, match="`spacy:qq` must name a language of spaCy"):
        make_splitter("spacy:qq", lowercase=True)


def test_a_dictionary_that_another_user_left_for_jieba_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jieba")
    text = "我来到北京清华大学"
    words = make_splitter("jieba", lowercase=True).words(text)
    planted = marshal.dumps(({text: 10**6}, 10**6))
    (tmp_path / "jieba.cache").write_bytes(planted)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    load_jieba.cache_clear()
    assert make_splitter("jieba", lowercase=True).words(text) == words
    assert {path.name for path in tmp_path.iterdir()} == {"jieba.cache"}
    assert (tmp_path / "jieba.cache").read_bytes() == planted


@pytest.mark.parametrize(("package", "extra"), [("spacy", "spacy"), ("jieba", "chinese")])
def test_a_missing_package_is_named(
    package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    load_spacy.cache_clear()
    load_jieba.cache_clear()
    with pytest.raises(ConfigError, match=rf"pip install 'ostinato\[{extra}\]'"):
        make_splitter(package, lowercase=True)


def test_the_pipeline_is_one_that_hugging_face_can_save(splitter: Splitter) -> None:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    normalizer, tokenizer.pre_tokenizer = splitter.pipeline()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    assert json.loads(tokenizer.to_str())["pre_tokenizer"] is not None


def _straight(text: str) -> str:
    return text.replace("\u2019", "'")


def _plain(text: str) -> str:
    """Lower-case each character for itself; only the final sigma depends on its neighbours."""
    lower = "".join(character.lower() for character in _straight(text))
    return lower.replace("\u03c2", "\u03c3")


def _without_breaks(text: str) -> str:
    for tag in ("<br />", "<BR>", "<br\n/>", "<br/>", "<br>"):
        text = text.replace(tag, " ")
    return text
