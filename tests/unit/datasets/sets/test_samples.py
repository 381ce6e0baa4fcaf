from __future__ import annotations

from collections import Counter

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ostinato import datasets
from ostinato.datasets.sets import samples


@pytest.fixture(scope="module")
def splits():
    return samples.generate()


def test_the_same_seed_gives_the_same_reviews_on_every_python(splits):
    assert splits == samples.generate(0)
    assert samples.generate(1)["train"].texts != splits["train"].texts
    assert splits["test"].fingerprint.startswith("b85be4a678db")


def test_no_text_occurs_twice(splits):
    texts = [text for split in splits.values() for text in split.texts]
    assert len(set(texts)) == len(texts) == 5500


def test_half_of_each_split_is_positive_and_half_chinese(splits):
    for name, split in splits.items():
        half = samples.SIZES[name] // 2
        assert Counter(split.labels) == {"positive": half, "negative": half}
        assert sum(not text.isascii() for text in split.texts) == half


def test_three_of_four_reviews_have_a_twin_of_the_same_words_and_the_other_label(splits):
    for split in splits.values():
        bags: dict[tuple[str, ...], Counter[str]] = {}
        for text, label in zip(split.texts, split.labels, strict=True):
            bags.setdefault(tuple(sorted(samples.words(text))), Counter())[label] += 1
        best = sum(max(counts.values()) for counts in bags.values())
        assert best / len(split.texts) <= samples.BAG_OF_WORDS_BOUND


@pytest.mark.parametrize(
    "options",
    [{"analyzer": samples.words}, {}, {"analyzer": "char"}],
    ids=["words and characters", "scikit-learn's tokens", "characters"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_bag_of_words_stays_below_four_fifths(options, seed):
    splits = samples.generate(seed)
    model = make_pipeline(CountVectorizer(**options), LogisticRegression(max_iter=1000))
    model.fit(splits["train"].texts, splits["train"].labels)
    accuracy = model.score(list(splits["test"].texts), splits["test"].labels)
    assert 0.45 <= accuracy <= 0.75


def test_the_written_files_hold_the_generated_splits(splits):
    folder = datasets.get("samples")
    assert datasets.load_texts(folder) == {
        name: datasets.Examples(
            split.texts, split.labels, str(folder / f"{name}.jsonl"), split.fingerprint
        )
        for name, split in splits.items()
    }
    assert datasets.load_texts("samples") == splits
