from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

from ostinato import DatasetError, datasets
from ostinato.datasets.records.schemes import spans_of
from ostinato.datasets.sets import samples_tag

SEEDS = pytest.mark.parametrize("seed", [0, 1])
COMMON = {"New", "Port", "United", "First", "Anna", "Peter", "Maria", "Karl", "Ruth"}


@pytest.fixture(scope="module")
def splits():
    return samples_tag.generate()


def lookup(split):
    """The tag that each token has most often."""
    counts: dict[str, Counter[str]] = {}
    for token, tag in pairs(split):
        counts.setdefault(token, Counter())[tag] += 1
    return {token: tags.most_common(1)[0][0] for token, tags in counts.items()}


def pairs(split):
    for tokens, tags in zip(split.sentences, split.tags, strict=True):
        yield from zip(tokens, tags, strict=True)


def right_sentences(split, table):
    rows = zip(split.sentences, split.tags, strict=True)
    return sum([table.get(t, "O") for t in tokens] == tags for tokens, tags in rows) / len(
        split.tags
    )


def f1(split, table):
    gold, said = [
        {(number, span) for number, tags in enumerate(rows) for span in spans_of(tags)}
        for rows in (
            split.tags,
            [[table.get(t, "O") for t in tokens] for tokens in split.sentences],
        )
    ]
    return 2 * len(gold & said) / (len(gold) + len(said))


def test_the_same_seed_gives_the_same_sentences_on_every_python(splits):
    assert splits == samples_tag.generate(0)
    assert samples_tag.generate(1)["train"].sentences != splits["train"].sentences
    assert splits["test"].fingerprint.startswith("87347d986cec")


@SEEDS
def test_no_sentence_and_no_coined_name_occurs_twice(seed):
    rows = samples_tag.generate_rows(seed)
    texts = [text for split in rows.values() for text, _ in split]
    assert len(set(texts)) == len(texts) == 2800
    coined = re.compile(
        "[A-Z][a-z]+(?:son|sen|ski|ova|escu|ville|burg|stan|mouth|land|tech|soft|corp|ex|air)"
    )
    known = {name for names in samples_tag._ENGLISH.ambiguous.values() for name in names}
    names = Counter(
        text[start:end].split()[-1]
        for split in rows.values()
        for text, spans in split
        for start, end, kind in spans
        if kind != "DATE" and coined.fullmatch(text[start:end].split()[-1])
    )
    assert {name for name, count in names.items() if count > 1} <= known
    assert len(names) > 1000


def test_half_of_each_split_is_chinese(splits):
    for name, split in splits.items():
        assert len(split.sentences) == samples_tag.SIZES[name]
        assert sum(not text.isascii() for text in split.texts) == samples_tag.SIZES[name] // 2


def test_each_type_is_in_each_split_many_times(splits):
    for split in splits.values():
        counts = Counter(span.type for tags in split.tags for span in spans_of(tags))
        assert set(counts) == {"PER", "LOC", "ORG", "DATE"}
        assert min(counts.values()) >= len(split.tags) / 10


@SEEDS
def test_half_of_the_sentences_have_a_twin_in_which_the_name_is_of_the_other_type(seed):
    for name, rows in samples_tag.generate_rows(seed).items():
        counts: dict[tuple[str, tuple[str, str]], Counter[str]] = {}
        groups = [
            (name, kinds)
            for language in (samples_tag._ENGLISH, samples_tag._CHINESE)
            for kinds, names in language.ambiguous.items()
            for name in names
        ]
        for text, spans in rows:
            for (start, end, kind), (word, kinds) in itertools.product(spans, groups):
                if text[start:end] == word and kind in kinds:
                    counts.setdefault((word, kinds), Counter())[kind] += 1
        assert all(len(set(found.values())) == 1 and len(found) == 2 for found in counts.values())
        twins = sum(found.total() for found in counts.values())
        assert twins == samples_tag.TWIN_SHARE * samples_tag.SIZES[name]


@SEEDS
def test_no_lookup_tags_more_sentences_than_the_bound_says(seed):
    splits = samples_tag.generate(seed)
    for split in splits.values():
        assert right_sentences(split, lookup(split)) <= samples_tag.LOOKUP_BOUND
    table = lookup(splits["train"])
    assert right_sentences(splits["test"], table) < 0.3
    assert f1(splits["test"], table) < 0.6


def test_the_written_files_hold_the_generated_splits(splits):
    folder = datasets.get("samples-tag")
    written = datasets.load_tagged(folder, cut=samples_tag.words)
    assert {name: split.fingerprint for name, split in written.items()} == {
        name: split.fingerprint for name, split in splits.items()
    }
    assert datasets.load_tagged("samples-tag") == splits


def test_another_tokeniser_may_be_given():
    def cut(text):
        return [(match[0], match.start(), match.end()) for match in re.finditer(r"\S+", text)]

    split = datasets.load_tagged("samples-tag", cut=cut)["test"]
    assert split.sentences[1][:3] == ["Port", "Winnorland", ","]  # cut where the span ends
    assert split.sentences[1][5:8] == ["river", "is", "wide,"]


def test_another_column_is_refused():
    assert datasets.load_tagged("samples-tag", column="spans")
    with pytest.raises(DatasetError, match=r"no tag column `ner`\. The columns are `spans`"):
        datasets.load_tagged("samples-tag", column="ner")
