import json
import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import decoders, models, pre_tokenizers, trainers

from ostinato import CheckpointError, ConfigError, DatasetError
from ostinato.text import Tokenizer
from ostinato.text.splitters import make_splitter

CORPUS = [
    "A good film. It isn't bad!<br /><br />I'd see it again...",
    "Bad, bad, BAD -- the plot was 8.5 times too long",
    "这部电影很好看，我喜欢 it",
    "",
    "Crème brûlée in İstanbul\u2019s café 👍",
]
KINDS = ["word", "char", "spacy", "jieba"]
words = st.sampled_from(
    [
        "good",
        "bad",
        "film",
        "n't",
        "don't",
        "<br",
        "/>",
        "很",
        "好",
        "İ",
        "é",
        "ß",
        "\u2019s",
        "8.5",
        "...",
        "!",
        "zzz",
    ]
)
texts = st.lists(words | st.text(max_size=5), max_size=10).map(" ".join)


def fit(kind: str, lowercase: bool = True, min_freq: int = 1) -> Tokenizer:
    if kind in ("spacy", "jieba"):
        pytest.importorskip(kind)
    return Tokenizer.fit(CORPUS, kind=kind, lowercase=lowercase, min_freq=min_freq)


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return fit(request.param)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["[PAD]", "[UNK]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(CORPUS * 3, trainer)
    backend.enable_truncation(5)
    backend.enable_padding()
    path = tmp_path_factory.mktemp("foreign") / "tokenizer.json"
    backend.save(str(path))
    return path


@given(st.lists(texts, min_size=1, max_size=6), st.integers(1, 3), st.none() | st.integers(2, 6))
@settings(deadline=None)
def test_the_vocabulary_is_by_frequency_then_alphabet(
    corpus: list[str], min_freq: int, max_size: int | None
) -> None:
    cut = make_splitter("word", lowercase=True).words
    counts = Counter(word for text in corpus for word in cut(text))
    expected = sorted(counts, key=lambda word: (-counts[word], word))
    expected = [word for word in expected if counts[word] >= min_freq]
    settings = {"min_freq": min_freq, "max_size": max_size}
    if not expected:
        with pytest.raises(
            DatasetError, match=f"some token must occur min_freq = {min_freq} times"
        ):
            Tokenizer.fit(corpus, **settings)
        return
    fitted = Tokenizer.fit(corpus, **settings)
    assert fitted.vocabulary == ["<unk>", *expected][:max_size]
    assert fitted.unk_id == 0
    assert len(fitted) == len(fitted.vocabulary)


@pytest.mark.parametrize("kind", KINDS)
def test_fit_encode_is_fit_and_then_encode(kind: str) -> None:
    fitted, column = Tokenizer.fit_encode(CORPUS, kind=kind, min_freq=2)
    assert fitted.vocabulary == fit(kind, min_freq=2).vocabulary
    again = fitted.encode(CORPUS)
    assert np.array_equal(column.values, again.values)
    assert np.array_equal(column.offsets, again.offsets)
    assert column.values.dtype == again.values.dtype == np.int32


@settings(deadline=None)
@given(text=texts)
def test_ids_tokens_and_offsets_agree(tokenizer: Tokenizer, text: str) -> None:
    ids, tokens, offsets = tokenizer.encode_with_offsets(text)
    assert ids.tolist() == tokenizer.encode([text])[0].tolist()
    assert tokens == [text[start:end] for start, end in offsets]
    assert len(ids) == len(tokens) >= 1


@settings(deadline=None, max_examples=200)
@given(text=texts)
@pytest.mark.parametrize("kind", ["word", "char"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_tokenizer_json_gives_the_same_ids_and_offsets(
    kind: str,
    lowercase: bool,
    text: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fitted = fit(kind, lowercase)
    folder = tmp_path_factory.getbasetemp() / f"{kind}{lowercase}"
    if not folder.exists():
        folder.mkdir()
        fitted.save(folder)
    theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text)
    ids, _, offsets = fitted.encode_with_offsets(text)
    assert (theirs.ids or [0]) == ids.tolist()
    places = theirs.offsets or [(0, 0)]
    assert [end for _, end in places] == [end for _, end in offsets]
    assert kind == "char" or places == offsets  # a space of ours stands for all white space there


@pytest.mark.parametrize("kind", ["spacy", "jieba"])
def test_tokenizer_json_takes_words_cut_by_a_library(kind: str, tmp_path: Path) -> None:
    fitted = fit(kind)
    fitted.save(tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    cut = make_splitter(kind, lowercase=True).words(CORPUS[1])
    assert theirs.encode(cut, is_pretokenized=True).ids == fitted.encode([CORPUS[1]])[0].tolist()


@settings(deadline=None)
@given(some=st.lists(texts, max_size=3))
def test_load_restores_what_save_wrote(
    tokenizer: Tokenizer, some: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"saved-{tokenizer.kind}".replace(":", "-")
    if not folder.exists():
        folder.mkdir()
        tokenizer.save(folder)
    loaded = Tokenizer.load(folder)
    assert (loaded.kind, loaded.vocabulary) == (tokenizer.kind, tokenizer.vocabulary)
    assert loaded.fingerprint == tokenizer.fingerprint
    ours, theirs = tokenizer.encode(some), loaded.encode(some)
    assert np.array_equal(ours.values, theirs.values)
    assert np.array_equal(ours.offsets, theirs.offsets)


def test_a_text_without_tokens_is_one_unknown_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode([""])[0].tolist() == [0]
    ids, tokens, offsets = tokenizer.encode_with_offsets("")
    assert (ids.tolist(), tokens, offsets) == ([0], [""], [(0, 0)])


def test_unknown_rate_is_the_share_of_unknown_tokens() -> None:
    fitted = Tokenizer.fit(["a b", "a"], min_freq=2)
    assert fitted.unknown_rate(fitted.encode(["a b", "a a"])) == 0.25
    assert fitted.unknown_rate(fitted.encode([])) == 0.0


def test_fingerprints_tell_tokenizers_apart() -> None:
    prints = [
        fit(kind, lowercase).fingerprint for kind in ("word", "char") for lowercase in (True, False)
    ]
    assert len({*prints, fit("word", min_freq=2).fingerprint}) == 5


def test_many_texts_come_in_order() -> None:
    fitted = Tokenizer.fit((f"w{i % 7}" for i in range(2500)), min_freq=1)
    column = fitted.encode(f"w{i % 7}" for i in range(2500))
    assert [fitted.vocabulary[i] for i in column.values] == [f"w{i % 7}" for i in range(2500)]


def test_a_hugging_face_tokenizer_is_used_as_it_is(foreign: Path, tmp_path: Path) -> None:
    backend = tokenizers.Tokenizer.from_file(str(foreign))
    backend.no_truncation()
    backend.no_padding()
    fitted, column = Tokenizer.fit_encode(CORPUS, kind=foreign)
    assert [row.tolist() for row in column] == [backend.encode(text).ids or [1] for text in CORPUS]
    assert fitted.kind == "huggingface"
    assert fitted.vocabulary[:2] == ["[PAD]", "[UNK]"]
    assert (fitted.unk_id, len(fitted)) == (1, 300)
    assert fitted.encode_with_offsets("İ\ud800")[0].tolist() == backend.encode("İ\ufffd").ids
    fitted.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert (
        loaded.fingerprint
        == fitted.fingerprint
        == Tokenizer.fit([], kind=foreign.parent).fingerprint
    )
    assert np.array_equal(loaded.encode(CORPUS).values, column.values)


def test_a_tokenizer_for_which_nothing_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizers.Tokenizer(models.BPE({"a": 0, "b": 1}, [])).save(str(path))
    fitted = Tokenizer.fit([], kind=path)
    assert fitted.unknown_rate(fitted.encode(["ab", ""])) == 0.0


def test_other_rules_in_tokenizer_json_are_kept(tmp_path: Path) -> None:
    fitted = fit("word")
    fitted.save(tmp_path)
    backend = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.save(str(tmp_path / "tokenizer.json"))
    loaded = Tokenizer.load(tmp_path)
    assert loaded.encode(["good film."])[0].tolist() == backend.encode("good film.").ids
    assert loaded.vocabulary == fitted.vocabulary


def test_another_version_of_the_library_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit("spacy").save(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(path.read_text().replace('"spacy ', '"spacy 0.'))
    with caplog.at_level(logging.WARNING, "ostinato"):
        Tokenizer.load(tmp_path)
    assert "fitted with spacy 0." in caplog.text


def test_a_vocabulary_without_unk_is_refused() -> None:
    from ostinato.text.tokenizer import WordTokenizer

    with pytest.raises(ConfigError, match="vocabulary must begin with <unk>; got"):
        WordTokenizer(make_splitter("word", lowercase=True), ["a"])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("missing", "tokenizer.json: must be a whole JSON file"),
        ("cut", "tokenizer.json: must be a whole JSON file"),
        ("gaps", "its ids have gaps"),
        ("no model", "must be a tokenizer written by ostinato or Hugging Face"),
        ("foreign", "must be a tokenizer written by ostinato or Hugging Face"),
    ],
)
def test_a_damaged_folder_is_refused(damage: str, message: str, tmp_path: Path) -> None:
    fit("word").save(tmp_path)
    path = tmp_path / "tokenizer.json"
    content = json.loads(path.read_text())
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:99])
    elif damage == "gaps":
        content["model"]["vocab"]["good"] = 999
        path.write_text(json.dumps(content))
    elif damage == "no model":
        del content["model"]
        path.write_text(json.dumps(content))
    else:
        path.write_text("[]")
        (tmp_path / "tokenizer_config.json").unlink()
    with pytest.raises(CheckpointError, match=message):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("text", [None, float("nan"), 3, b"bytes"])
def test_what_is_not_a_string_is_refused(text: object) -> None:
    with pytest.raises(DatasetError, match=r"every text must be a string; got .* at position 1"):
        Tokenizer.fit(["a", text], min_freq=1)  # type: ignore[list-item]


def test_one_string_for_many_is_refused() -> None:
    with pytest.raises(DatasetError, match="must be a list of strings; got the string 'good film'"):
        Tokenizer.fit("good film", min_freq=1)


def test_no_text_is_refused() -> None:
    with pytest.raises(DatasetError, match="there must be texts to learn from; got none"):
        Tokenizer.fit([])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_freq": 0}, "min_freq must be at least 1; got 0"),
        ({"max_size": 1}, "max_size must be at least 2; got 1"),
        ({"kind": "wrd"}, "kind must be word.*got 'wrd'; did you mean `word`"),
        ({"kind": "no/such/tokenizer.json"}, "existing tokenizer.json; .* is not there"),
    ],
)
def test_a_setting_outside_its_rule_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Tokenizer.fit(["a"], **settings)  # type: ignore[arg-type]


def test_the_nearest_file_is_offered(foreign: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not there; did you mean `tokenizer\.json`"):
        Tokenizer.fit([], kind=foreign.with_name("tokeniser.json"))


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"x\.json must be a tokenizer\.json of Hugging Face"):
        Tokenizer.fit([], kind=tmp_path / "x.json")
