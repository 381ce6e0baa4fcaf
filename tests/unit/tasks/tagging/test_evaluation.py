import numpy as np
import pytest

from ostinato.datasets import Tagged
from ostinato.tasks.tagging.baselines import tagging_baselines
from ostinato.tasks.tagging.evaluation import failure, spans_in, tagging_figures
from ostinato.tasks.tagging.sizing import sized, tokens_are_characters

SENTENCES = [["Anna", "Lee", "sings"], ["Ben", "sings"], ["Clara", "met", "ANNA", "lee"]]
TAGS = [["B-PER", "I-PER", "O"], ["B-PER", "O"], ["B-PER", "O", "B-PER", "I-PER"]]


def test_recall_of_spans_is_told_apart_by_whether_train_has_them() -> None:
    said = [["B-PER", "I-PER", "O"], ["O", "O"], ["B-PER", "O", "B-PER", "O"]]
    figures = tagging_figures(
        SENTENCES, TAGS, said, are_spans=True, spans=spans_in(SENTENCES[:1], TAGS[:1])
    )
    assert figures["recall_old_spans"] == 0.5  # Anna Lee, but not ANNA lee
    assert figures["recall_new_spans"] == 0.5  # Clara, but not Ben
    assert (figures["n_new_spans"], figures["n_found"]) == (2, 3)
    both = 0.5 * figures["recall_old_spans"] + 0.5 * figures["recall_new_spans"]
    assert figures["recall"] == pytest.approx(both)


def test_a_share_of_nothing_is_left_out() -> None:
    figures = tagging_figures(SENTENCES, TAGS, TAGS, are_spans=True, spans=())
    assert "recall_old_spans" not in figures
    assert figures["recall_new_spans"] == 1


def test_shuffled_tags_are_no_better_than_chance_and_right_ones_are() -> None:
    rng = np.random.default_rng(0)
    tags = [list(map(str, rng.integers(3, size=10))) for _ in range(50)]
    other = [list(map(str, rng.integers(3, size=10))) for _ in range(50)]
    words = [["a"] * 10] * 50
    assert tagging_figures(words, tags, tags, are_spans=False)["chance_z"] > 20
    assert abs(tagging_figures(words, tags, other, are_spans=False)["chance_z"]) < 3


def test_a_tagger_that_finds_nothing_says_so() -> None:
    nothing = [["O"] * len(row) for row in TAGS]
    found = failure(tagging_figures(SENTENCES, TAGS, nothing, are_spans=True))
    assert found is not None
    assert found.startswith("No span is ever found")
    assert failure(tagging_figures(SENTENCES, TAGS, TAGS, are_spans=True)) is None
    assert failure(tagging_figures(SENTENCES, nothing, nothing, are_spans=True)) is None
    assert failure(tagging_figures(SENTENCES, nothing, nothing, are_spans=False)) is None


def test_simple_models_give_each_word_its_commonest_tag() -> None:
    sentences, tags = [*SENTENCES, ["Rain", "fell", "."]], [*TAGS, ["O", "O", "O"]]
    train = Tagged.make(sentences, tags, "train")
    nothing, lookup = (one.measure(train) for one in tagging_baselines(train))
    assert (nothing["f1"], nothing["n_found"]) == (0, 0)
    assert lookup["f1"] == 1
    other = Tagged.make([["Dora", "sings"]], [["B-PER", "O"]], "test")
    assert [one.measure(other)["f1"] for one in tagging_baselines(train)] == [0, 0]
    named = Tagged.make(
        SENTENCES, [["X" if t[0].isupper() else "Y" for t in s] for s in SENTENCES], ""
    )
    titles = [one.title for one in tagging_baselines(named)]
    assert titles == ["the tag X everywhere", "the most frequent tag of each word"]


@pytest.mark.parametrize("count", [3, 100, 1_000, 20_000])
def test_fewer_sentences_get_more_epochs_and_no_batch_of_one(count: int) -> None:
    found, twice = (
        sized(Tagged.make([["one", "two"]] * n, [["O", "B-X"]] * n, "train"))
        for n in (count, 2 * count)
    )
    assert 14 <= twice["training__epochs"] <= found["training__epochs"] <= 60
    assert found["training__batch_size"] is None or found["training__batch_size"] > 1


def test_characters_are_told_from_words() -> None:
    assert tokens_are_characters([list("我在北京唱歌跳舞吃饭"), ["2026"]])
    assert not tokens_are_characters([["I", "a", "sing"]])
    train = Tagged.make([list("我在北京")] * 4, [["O", "O", "B-LOC", "I-LOC"]] * 4, "train")
    assert (sized(train)["pairs"], sized(train)["characters__reader"]) == (True, "none")
