from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ostinato.data.ragged import Ragged
from ostinato.text import Tokenizer, encode_cached, fit_cached

TEXTS = ["a good film", "a bad film", ""]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OSTINATO_HOME", str(tmp_path))
    return tmp_path


def unread() -> Iterator[str]:
    pytest.fail("the texts were read although the cache has the answer")
    yield ""


def same(a: Ragged, b: Ragged) -> bool:
    return np.array_equal(a.values, b.values) and np.array_equal(a.offsets, b.offsets)


def test_the_second_time_nothing_is_read() -> None:
    fitted = fit_cached("train", TEXTS, min_freq=1)
    expected = Tokenizer.fit(TEXTS, min_freq=1)
    assert fitted.vocabulary == expected.vocabulary
    assert fit_cached("train", unread(), min_freq=1).fingerprint == expected.fingerprint
    assert same(encode_cached(fitted, "train", unread()), expected.encode(TEXTS))
    assert same(encode_cached(fitted, "test", ["bad"]), expected.encode(["bad"]))
    assert same(encode_cached(fitted, "test", unread()), expected.encode(["bad"]))


def test_other_settings_or_texts_are_made_anew() -> None:
    first = fit_cached("train", TEXTS, min_freq=1)
    assert len(fit_cached("train", TEXTS, min_freq=2)) < len(first)
    assert fit_cached("train", TEXTS, min_freq=1, kind="char").kind == "char"
    assert len(fit_cached("train", TEXTS, min_freq=1, max_size=3)) == 3
    assert fit_cached("other", ["A"], min_freq=1, lowercase=False).vocabulary == ["<unk>", "A"]


def test_a_tokenizer_of_another_vocabulary_does_not_share_the_ids() -> None:
    for vocabulary_texts in (TEXTS, ["film film good"]):
        fitted = Tokenizer.fit(vocabulary_texts, min_freq=1)
        assert same(encode_cached(fitted, "train", TEXTS), fitted.encode(TEXTS))


def test_ids_are_mapped_into_memory() -> None:
    column = encode_cached(Tokenizer.fit(TEXTS, min_freq=1), "train", TEXTS)
    assert not column.values.flags.writeable


def test_an_error_leaves_nothing_behind(home: Path) -> None:
    with pytest.raises(ValueError, match="min_freq = 10"):
        fit_cached("train", TEXTS)
    assert not list(home.rglob("*.json"))
    assert len(fit_cached("train", TEXTS, min_freq=1)) == 5


def test_a_file_of_hugging_face_is_read_anew(home: Path) -> None:
    Tokenizer.fit(TEXTS, min_freq=1).save(home)
    fitted = fit_cached("train", TEXTS, kind=home / "tokenizer.json")
    assert fitted.kind == "huggingface"
    assert same(encode_cached(fitted, "train", TEXTS), Tokenizer.load(home).encode(TEXTS))
