"""A tokenizer.json asks for no more memory than its size lets expect, and panics are sentences."""

import json

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from ostinato import CheckpointError, ConfigError
from ostinato.text import Tokenizer


@pytest.fixture
def content():
    backend = tokenizers.Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return json.loads(backend.to_str())


def load(folder, content):
    (folder / "tokenizer.json").write_text(json.dumps(content))
    return Tokenizer.load(folder)


def doubling(times):
    pattern = {"String": "a"}
    steps = [{"type": "Replace", "pattern": pattern, "content": "aa"} for _ in range(times)]
    return {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": steps}]}


@pytest.mark.parametrize("one", [10**8, -1, 1.5, "2", None, 10**400])
@pytest.mark.parametrize("where", ["vocabulary", "added"])
def test_an_id_far_from_the_others_is_refused(tmp_path, content, one, where):
    if where == "vocabulary":
        content["model"]["vocab"]["a"] = one
    else:
        content["added_tokens"] = [{"id": one, "content": "b"}]
    with pytest.raises(CheckpointError, match="an id of its"):
        load(tmp_path, content)


@pytest.mark.parametrize(
    "normalizer",
    [
        doubling(40),
        {"type": "Sequence", "normalizers": [{"type": "ByteLevel"}] * 30},
        {"type": "Replace", "pattern": {"Regex": ""}, "content": "a" * 20_000},
    ],
)
def test_normalizers_that_blow_a_text_up_are_refused(tmp_path, content, normalizer):
    content["normalizer"] = normalizer
    with pytest.raises(CheckpointError, match=r"make a text up to .* times as long"):
        load(tmp_path, content)
    with pytest.raises(ConfigError, match=r"make a text up to .* times as long"):
        Tokenizer.fit([], kind=tmp_path / "tokenizer.json")


def test_what_tokenizers_really_have_is_read(tmp_path, content):
    usual = [normalizers.NFKC(), normalizers.Replace(" ", "▁"), normalizers.Prepend("▁")]
    backend = tokenizers.Tokenizer.from_str(json.dumps(content))
    backend.normalizer = normalizers.Sequence([*usual, normalizers.Lowercase()])
    backend.add_special_tokens(["[PAD]", "[CLS]"])
    assert len(load(tmp_path, json.loads(backend.to_str()))) == 4


def test_a_panic_of_the_library_is_a_sentence(tmp_path, content):
    pattern = {"Regex": "(a|aa)+$"}
    content["pre_tokenizer"] = {
        "type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False
    }  # fmt: skip
    tokenizer = load(tmp_path, content)
    for ask in (tokenizer.encode, lambda texts: tokenizer.encode_with_offsets(texts[0])):
        with pytest.raises(CheckpointError, match=r"tokenizer\.json: its rules must cut the text"):
            ask(["a" * 60 + "b"])
