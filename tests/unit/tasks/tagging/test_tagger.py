import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ostinato
from ostinato import (
    Characters,
    ConfigError,
    DatasetError,
    Recurrent,
    SequenceTagger,
    Training,
    report,
)
from ostinato.datasets import Tagged
from ostinato.datasets.records import schemes
from ostinato.metrics import tagging_metrics

SENTENCES = [
    ["Anna", "Lee", "met", "Ben", "in", "Rome", "."],
    ["Rain", "fell", "in", "Oslo"],
    ["Ben", "sings", "."],
    ["the", "Roma", "Club", "won"],
] * 6
TAGS = [
    ["B-PER", "I-PER", "O", "B-PER", "O", "B-LOC", "O"],
    ["O", "O", "O", "B-LOC"],
    ["B-PER", "O", "O"],
    ["O", "B-ORG", "I-ORG", "O"],
] * 6
POS = [["NAME" if token[0].isupper() else "WORD" for token in row] for row in SENTENCES]


def small(**options: Any) -> SequenceTagger:
    return SequenceTagger(
        recurrent=Recurrent(hidden_size=12),
        characters=Characters(embedding_size=6, hidden_size=5),
        training=Training(epochs=20, batch_size=6, batch_tokens=None, learning_rate=3e-2),
        embedding_size=12,
        word_dropout=0.0,
        locked_dropout=0.0,
        head_dropout=0.0,
        ngrams=False,
        baseline=False,
    ).set_params(**options)


@pytest.fixture(scope="module")
def fitted() -> SequenceTagger:
    return small().fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))


def test_it_learns_and_answers_in_the_scheme_of_the_data(fitted: SequenceTagger) -> None:
    assert fitted.predict(SENTENCES[:4]) == TAGS[:4]
    assert fitted.score(SENTENCES, TAGS) == 1


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("reader", ["recurrent", "convolution", "none"])
def test_every_head_and_reader_learns(head: str, reader: str) -> None:
    model = small(head=head, characters__reader=reader, pairs=reader == "none")
    model.fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))
    assert model.score(SENTENCES, TAGS) > 0.9


def test_parts_of_speech_are_scored_by_accuracy_and_have_no_spans() -> None:
    model = small().fit(SENTENCES, POS, validation=(SENTENCES, POS))
    assert model.predict([["the", "Roma"]]) == [["WORD", "NAME"]]
    assert model.score(SENTENCES, POS) == 1
    assert "spans" not in model.predict_details(["the Roma"])[0]
    with pytest.raises(ConfigError, match="must be of spans"):
        model.predict_spans(["the Roma"])


def test_spans_of_raw_text_are_where_they_are_said_to_be(fitted: SequenceTagger) -> None:
    text = "🙂 Anna Lee\tmet Ben in Rome."
    found = fitted.predict_spans([text, "", "\n"])
    assert [len(spans) for spans in found[1:]] == [0, 0]
    assert {span["text"] for span in found[0]} >= {"Anna Lee", "Rome"}
    for span in found[0]:
        assert text[span["start"] : span["end"]] == span["text"]
        assert 0 <= span["confidence"] <= 1


def test_a_saved_model_has_a_card_and_a_page(fitted: SequenceTagger, tmp_path: Path) -> None:
    fitted.save(tmp_path / "run")
    text = ["Anna met Ben in Oslo."]
    assert ostinato.load(tmp_path / "run").predict_details(text) == fitted.predict_details(text)
    card = (tmp_path / "run" / "README.md").read_text()
    assert "Raw text is cut into tokens by `treebank`" in card
    assert "f1" in card
    assert "F1" in report.write(tmp_path / "run").read_text()


def test_word_features_are_joined_saved_and_loaded(tmp_path: Path) -> None:
    model = small(ngrams=True, training__epochs=2, baseline=True)
    model.fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS), out=tmp_path / "run")
    assert model.score(SENTENCES, TAGS) == 1  # the network alone has learnt little in two epochs
    assert set(model.metrics_["baselines"]) == {"majority", "most_frequent_tag"}
    twin = ostinato.load(tmp_path / "run")
    assert twin.predict_details(SENTENCES[:4]) == model.predict_details(SENTENCES[:4])
    model.set_params(ngrams=False).fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))
    assert model.chain_ is None


def test_recall_of_new_spans_is_measured_after_loading_too(
    fitted: SequenceTagger, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "run")
    new = [["Clara", "sings", "in", "Rome"]], [["B-PER", "O", "O", "B-LOC"]]
    for model in (fitted, ostinato.load(tmp_path / "run")):
        assert model.evaluate(*new)["n_new_spans"] == 1


def test_odd_input_has_an_answer(fitted: SequenceTagger) -> None:
    assert fitted.predict([]) == []
    assert [len(row) for row in fitted.predict([[], ["🙂"], [""], ["x"] * 50_000])] == [
        0,
        1,
        1,
        50_000,
    ]


def test_characters_are_the_tokens_where_train_has_only_such() -> None:
    chinese = [list("我在北京"), list("安娜唱歌")] * 8
    tags = [["O", "O", "B-LOC", "I-LOC"], ["B-PER", "I-PER", "O", "O"]] * 8
    model = small(pairs=True).fit(chinese, tags, validation=(chinese, tags))
    assert model.tokenizer_ == "char"
    assert [span["text"] for span in model.predict_spans(["我 在北京"])[0]] == ["北京"]


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="scheme must be"):
        small(scheme="BIOSE").fit(SENTENCES, TAGS)
    with pytest.raises(ConfigError, match="word_dropout must be"):
        small(word_dropout=1.0).fit(SENTENCES, TAGS)
    with pytest.raises(ConfigError, match="did you mean `treebank`"):
        small(tokenizer="trebank").fit(SENTENCES, TAGS)


def test_bad_data_are_named() -> None:
    with pytest.raises(DatasetError, match="sentence 2 must have as many tags as tokens"):
        small().fit([["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(DatasetError, match="sentence 1 must be a list of tokens"):
        small().fit(["a b"], [["O", "O"]])
    with pytest.raises(DatasetError, match="must be a sentence with a token; got none"):
        small().fit([], [])
    with pytest.raises(DatasetError, match="at least two different tags; got O alone"):
        small().fit(SENTENCES, [["O"] * len(row) for row in SENTENCES])


@pytest.mark.parametrize(
    ("sentences", "kind"), [([["a", None]], "NoneType"), ([["a"], 3], "int"), ([[1.5]], "float")]
)
def test_what_is_no_string_is_named(fitted: SequenceTagger, sentences: Any, kind: str) -> None:
    for call in (fitted.predict, fitted.predict_details):
        with pytest.raises(
            DatasetError, match=f"sentence {len(sentences)} must be of .*got {kind}"
        ):
            call(sentences)


def test_evaluate_needs_a_tag_for_each_token(fitted: SequenceTagger) -> None:
    with pytest.raises(DatasetError, match="as many lists of tags as sentences; got 0 and 1"):
        fitted.evaluate([["a"]], None)  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match="sentence 1 must have as many tags as tokens"):
        fitted.score([["a"]], [["O", "O"]])


@pytest.mark.parametrize("written", ["IOB1", "BMES", "BMEWO"])
@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_predictions_are_written_as_the_training_data_are(
    written: schemes.Scheme, scheme: schemes.Scheme
) -> None:
    tags = [schemes.convert(row, written) for row in TAGS]
    model = small(scheme=scheme).fit(SENTENCES, tags, validation=(SENTENCES, tags))
    assert model.predict(SENTENCES) == tags
    assert model.score(SENTENCES, TAGS) == 1  # spans are the same in every scheme


def test_a_tag_seen_only_in_validation_is_wrong_and_told(caplog: pytest.LogCaptureFixture) -> None:
    odd = [["B-NEW", *row[1:]] for row in TAGS[:2]]
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        model = small(training__epochs=1).fit(SENTENCES, TAGS, validation=(SENTENCES[:2], odd))
    assert "validation: 2 tags never occur in train" in caplog.text
    found = model.evaluate(SENTENCES[:2], odd)
    assert np.isfinite(found["loss"])
    assert found["accuracy"] < 1


def test_words_that_are_unknown_are_told_of_what_is_evaluated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = small(training__epochs=1).fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))
    model.evaluate(SENTENCES, TAGS)
    assert "are unknown to the model" not in caplog.text
    other = [[f"{token}ø" for token in row] for row in SENTENCES]
    model.evaluate(other, TAGS)
    assert "evaluate: 100% of the tokens are unknown to the model" in caplog.text


def test_vectors_make_words_known_that_train_lacks(tmp_path: Path) -> None:
    words = {token.lower() for row in SENTENCES for token in row} | {"paris"}
    lines = [f"{word} {n} {n % 3} 1.5" for n, word in enumerate(sorted(words))]
    (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
    model = small(vectors=str(tmp_path / "v.txt"), embedding_size=None, training__epochs=1)
    model.fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))
    assert model.lexicon_.words[model.lexicon_.num_trained :] == ["paris"]
    place = sorted(words).index("paris")
    assert model.module_.extra[0].tolist() == [place, place % 3, 1.5]
    model.save(tmp_path / "run")
    assert torch.equal(ostinato.load(tmp_path / "run").module_.extra, model.module_.extra)
    start = [[n, n % 3, 1.5] for n, word in enumerate(sorted(words)) if word == "anna"]
    anna = model.lexicon_.words.index("anna")
    assert model.module_.embedding.weight[[anna]].tolist() != start
    frozen = model.set_params(freeze_vectors=True).fit(
        SENTENCES, TAGS, validation=(SENTENCES, TAGS)
    )
    assert frozen.module_.embedding.weight[[anna]].tolist() == start
    with pytest.raises(ConfigError, match=r"12.*3|3.*12"):
        frozen.set_params(embedding_size=12).fit(SENTENCES, TAGS, validation=(SENTENCES, TAGS))


def test_splits_are_checked_for_tags() -> None:
    splits = {"train": Tagged.make(SENTENCES, TAGS, "a"), "test": Tagged.make([["a"]], None, "b")}
    with pytest.raises(DatasetError, match="b: test must have tags"):
        small().fit_splits(splits)


def test_files_of_tokens_and_of_raw_texts_are_read_for_prediction(
    fitted: SequenceTagger, tmp_path: Path
) -> None:
    (tmp_path / "tokens.jsonl").write_text('{"tokens": ["Anna", "sings"], "tags": ["O", "O"]}\n')
    (tmp_path / "texts.jsonl").write_text('{"text": "Anna sings"}\n{"text": ""}\n')
    (tmp_path / "columns.conll").write_text("Anna X\nsings X\n")
    assert fitted.read_inputs(str(tmp_path / "tokens.jsonl")) == [["Anna", "sings"]]
    assert list(fitted.read_inputs(str(tmp_path / "texts.jsonl"))) == ["Anna sings", ""]
    assert fitted.read_inputs(str(tmp_path / "columns.conll")) == [["Anna", "sings"]]


def test_a_span_of_a_type_that_train_never_has_is_one_span(fitted: SequenceTagger) -> None:
    strange = [["B-NEW", "I-NEW", *TAGS[0][2:]], *TAGS[1:4]]
    figures = fitted.evaluate(SENTENCES[:4], strange)
    right = tagging_metrics(strange, fitted.predict(SENTENCES[:4]), are_spans=True)
    for name in ("n_spans", "f1", "precision", "recall", "f1_macro", "accuracy"):
        assert figures[name] == right[name], name
    assert figures["per_type"]["?"] == right["per_type"]["NEW"]
