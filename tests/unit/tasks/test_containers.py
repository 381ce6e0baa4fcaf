"""One table: whatever holds texts, labels, sentences or sequences, the same comes out of it."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from scipy import sparse
from tests.containers import ANY, NUMBERS, SINGLE, each

from ostinato import DatasetError
from ostinato.datasets import Recordings, Tagged
from ostinato.tasks.classification.label_inputs import labels_of
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.text.inputs import examples_of, labelled_texts, texts_of
from ostinato.tasks.sequence_inputs import sequences_of
from ostinato.tasks.tagging.inputs import as_sentences, as_texts

TEXTS = ["a film", "好 film", "", "nan"]
SENTENCES = [["Anna", "sings"], ["Rain"], ["好", "nan", "None"]]
TAGS = [["B-PER", "O"], ["O"], ["O", "O", "O"]]
SETS = [["a", "b"], [], ["c"]]
MATRIX = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("make", each(ANY, SINGLE))
def test_texts(make: Any) -> None:
    assert texts_of(make(TEXTS), "predict") == TEXTS
    assert {type(text) for text in texts_of(make(TEXTS), "predict")} == {str}


@pytest.mark.parametrize("make", each(ANY, SINGLE))
def test_labels(make: Any) -> None:
    labels = ["b", "a", "b", "b"]
    assert labels_of(make(labels), "train").rows == labels


@pytest.mark.parametrize("labels", [[2, 0, 2], [True, False, True], [1.5, 2.0, 1.5]])
@pytest.mark.parametrize("make", each(ANY, SINGLE, NUMBERS))
def test_labels_that_are_numbers_keep_their_type(make: Any, labels: list[Any]) -> None:
    found = labels_of(make(labels), "train").rows
    assert [(type(label), label) for label in found] == [(type(one), one) for one in labels]


@pytest.mark.parametrize("make", each(ANY))
def test_sentences_and_tags(make: Any) -> None:
    assert as_sentences(make(SENTENCES)) == as_texts(make(SENTENCES)) == SENTENCES
    split = Tagged.make(make(SENTENCES), make(TAGS), "train")
    assert (split.sentences, split.tags) == (SENTENCES, TAGS)


def test_tags_of_a_class_label_are_names() -> None:
    import datasets

    names = datasets.ClassLabel(names=["O", "B-PER", "I-PER"])
    kinds = [{"ner": datasets.Sequence(names)}, {"ner": datasets.List(names)}]
    for kind in kinds:
        kind["tokens"] = datasets.Sequence(datasets.Value("string"))
        rows = {"tokens": [["Anna", "Bo"], ["Rain"]], "ner": [[1, 2], [0]]}
        data = datasets.Dataset.from_dict(rows, features=datasets.Features(kind))
        split = Tagged.make(data["tokens"], data["ner"], "train")
        assert split.tags == [["B-PER", "I-PER"], ["O"]]
        split = Tagged.make(data.select([1])["tokens"], data.select([1])["ner"], "train")
        assert split.tags == [["O"]]


def test_a_class_that_is_not_given_is_missing() -> None:
    import datasets

    kinds = datasets.Features({"label": datasets.ClassLabel(names=["neg", "pos"])})
    data = datasets.Dataset.from_dict({"label": [1, 0, -1]}, features=kinds)
    assert labels_of(data.select([0, 1])["label"], "train").rows == [1, 0]
    with pytest.raises(DatasetError, match="Row 3: the label must not be missing"):
        labels_of(data["label"], "train")


@pytest.mark.parametrize("make", each(ANY))
@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_lists_of_labels(make: Any, kind: Any) -> None:
    assert labels_of(make(SETS), "train", multi_label=True).rows == SETS
    rows = [kind(row) if row else [] for row in SETS]
    assert labels_of(rows, "train", multi_label=True).rows == SETS
    assert labels_of(map(set, SETS), "train", multi_label=True).rows == SETS


MATRICES = {
    "numpy": lambda m: m,
    "booleans": lambda m: m.astype(bool),
    "floats": lambda m: m.astype(np.float32),
    "objects": lambda m: m.astype(object),
    "lists": lambda m: m.tolist(),
    "tuples": lambda m: [tuple(row) for row in m.tolist()],
    "rows": list,
    "torch": torch.tensor,
    "torch rows": lambda m: list(torch.tensor(m)),
    "sparse": sparse.csr_matrix,
    "sparse array": sparse.coo_array,
    "pandas": pd.DataFrame,
}


@pytest.mark.parametrize("make", MATRICES.values(), ids=MATRICES)
def test_a_matrix_of_labels(make: Any) -> None:
    given = labels_of(make(MATRIX), "train", multi_label=True)
    assert given.rows == [[0, 1], [], [2]]
    assert given.classes == (0, 1, 2)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_columns_of_a_table_of_labels_are_its_classes(make: Any) -> None:
    columns = {name: MATRIX[:, place] for place, name in enumerate(["x", "y", "z"])}
    given = labels_of(make(columns), "train", multi_label=True)
    assert given.rows == [["x", "y"], [], ["z"]]
    known = Labels(("x", "y", "z"), multi_label=True, is_matrix=True)
    turned = {name: columns[name] for name in ("z", "x", "y")}
    assert labels_of(make(turned), "score", multi_label=True, known=known).rows == given.rows
    assert labels_of(MATRIX, "score", multi_label=True, known=known).rows == given.rows
    assert labels_of(given.rows, "score", multi_label=True, known=known).rows == given.rows
    with pytest.raises(
        DatasetError, match="must be the classes of train, `x`, `y`, `z`; got `x`, `y`"
    ):
        labels_of(make({n: columns[n] for n in "xy"}), "score", multi_label=True, known=known)
    with pytest.raises(DatasetError, match="a column for each of the 3 classes of train; got 2"):
        labels_of(MATRIX[:, :2], "score", multi_label=True, known=known)


def test_label_lists_of_a_model_of_lists_are_no_matrix() -> None:
    known = Labels((0, 1), multi_label=True)
    assert labels_of([[0, 1], [1, 0]], "score", multi_label=True, known=known).rows == [
        [0, 1],
        [1, 0],
    ]
    assert labels_of([[0], [1]], "train", multi_label=True).classes is None


class Kind(enum.Enum):
    """No value of JSON."""

    A = 1


class Word(str, enum.Enum):
    """A string."""

    A = "a"


@pytest.mark.parametrize(
    "label",
    [
        *(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), pd.Timestamp("2020")),
        *(np.datetime64("2020-01-01"), np.datetime64("2020-01-01", "ns"), pd.Timedelta(1)),
        *(b"a", bytes(10**7), Decimal(1), 1j, Kind.A, float("inf"), object(), int, "\ud800"),
    ],
)
def test_a_label_that_no_run_folder_holds_is_named_and_refused(label: Any) -> None:
    with pytest.raises(DatasetError, match="Row 2: a label must be") as caught:
        labels_of(["a", label], "train")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("label", [None, float("nan"), np.nan, pd.NA, pd.NaT, np.datetime64("NaT")])
def test_a_missing_label_is_told_with_its_row(label: Any) -> None:
    for y in (["a", label], pd.Series(["a", label], dtype=object), [[], [label]]):
        with pytest.raises(DatasetError, match="Row 2: the label must not be missing"):
            labels_of(y, "train", multi_label=y[0] == [])


@pytest.mark.parametrize(
    "y", [pd.Series([1, None], dtype="Int64"), pl.Series([1, None]), pa.array([1, None])]
)
def test_a_missing_label_of_a_column_is_told(y: Any) -> None:
    with pytest.raises(DatasetError, match="Row 2: the label must not be missing"):
        labels_of(y, "train")


def test_strings_and_numbers_of_other_classes_become_plain() -> None:
    found = labels_of([Word.A, np.str_("b")], "train").rows
    assert [(type(label), label) for label in found] == [(str, "a"), (str, "b")]


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.array([[0, 2], [1, 0]]), "hold 0 and 1 alone; got 2 in row 1, column 2"),
        (np.array([[0, np.nan], [1, 0]]), "hold 0 and 1 alone; got None in row 1, column 2"),
        (["a", "b"], "Row 1: labels must be a list"),
        ([["a"], None], "Row 2: labels must be a list"),
        ([{"a": 1}], "Row 1: labels must be a list"),
        (np.array([1, 0]), "Row 1: labels must be a list"),
        ({"a": [1]}, "got a dict with the keys `a`"),
    ],
)
def test_what_is_no_list_of_labels_is_named(y: Any, match: str) -> None:
    with pytest.raises(DatasetError, match=match):
        labels_of(y, "train", multi_label=True)


STEPS = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]


@pytest.mark.parametrize("make", each(ANY))
@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, torch.tensor, pd.Series, pl.Series, pa.array]
)
def test_sequences(make: Any, kind: Any) -> None:
    for rows in (make(STEPS), [kind(row) for row in STEPS]):
        split = sequences_of(rows, make(["a", "b", "a"]), "train")
        assert [split[row].ravel().tolist() for row in range(3)] == STEPS
        assert split.labels == ["a", "b", "a"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_sequences_that_are_tables_have_named_features(make: Any) -> None:
    rows = [{"x": [1.0, 2.0], "y": [3.0, 4.0]}, {"y": [6.0], "x": [5.0]}]
    split = sequences_of([make(row) for row in rows], None, "predict")
    assert split.features == ("x", "y")
    assert split.values.tolist() == [[1, 3], [2, 4], [5, 6]]
    with pytest.raises(
        DatasetError, match="sequence 2 must have the columns of the first, `x`, `y`"
    ):
        sequences_of([make(rows[0]), make({"x": [1.0]})], None, "predict")


def test_a_missing_step_of_a_column_is_missing() -> None:
    columns = [pd.Series([1, None], dtype="Int64"), pl.Series([1, None]), pa.array([1, None])]
    for column in columns:
        values = sequences_of([column], None, "predict").values
        assert values[0] == 1
        assert np.isnan(values[1])


@pytest.mark.parametrize(
    "values", [["x", "y", "x"], [1, 2, 1], [0.5, 1.5, 0.5], [True, False, True]]
)
def test_what_a_mask_hides_is_missing(values: list[Any]) -> None:
    hidden = np.ma.array(values, mask=[False, True, False])
    with pytest.raises(DatasetError, match="Row 2: the label must not be missing"):
        labels_of(hidden, "train")
    shown = np.ma.array(values, mask=False)
    assert labels_of(shown, "train").rows == values


def _said(y: Any) -> Any:
    return y.astype(str)


def test_two_orders_of_one_index_are_told(caplog: pytest.LogCaptureFixture) -> None:
    X, y = pd.Series(["a", "b"], index=[1, 0]), pd.Series([1, 0], index=[0, 1])
    sentences, tags = X.map(lambda text: [text]), y.map(lambda label: [f"T{label}"])
    steps = X.map(lambda text: [1.0, 2.0])
    calls = {
        "texts": lambda y: examples_of(X, y, "train"),
        "measured": lambda y: labelled_texts(X, y, "evaluate", Labels((0, 1))),
        "sequences": lambda y: sequences_of(steps, y, "train"),
        "recordings": lambda y: Recordings.make(X + ".wav", _said(y), "train"),
    }
    for name, call in calls.items():
        call(y)
        assert "the same index in another order" in caplog.text, name
        caplog.clear()
        for other in (y.loc[X.index], y.to_numpy(), y.set_axis([7, 8])):
            call(other)
        assert "another order" not in caplog.text, name
    Tagged.make(sentences, tags, "train")
    assert "the same index in another order" in caplog.text


@pytest.mark.parametrize("labels", [["a", "", "b"], ["a", "  ", "b"]])
def test_an_empty_label_is_none(labels: list[str]) -> None:
    with pytest.raises(DatasetError, match="Row 2: a label must not be empty"):
        labels_of(labels, "train")
    with pytest.raises(DatasetError, match="Row 1: a label must not be empty"):
        labels_of(np.array([labels, labels]), "train", multi_label=True)


def test_a_matrix_of_strings_of_0_and_1_is_no_list_of_labels() -> None:
    for matrix in (
        MATRIX.astype(str),
        MATRIX.astype(str).tolist(),
        MATRIX.astype(str).astype(object),
    ):
        with pytest.raises(
            DatasetError, match="must hold the numbers 0 and 1; got strings of them"
        ):
            labels_of(matrix, "train", multi_label=True)
    assert labels_of([["0"], ["1"]], "train", multi_label=True).rows == [["0"], ["1"]]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["pos", "Pos"], "classes 'Pos' and 'pos' differ in case or blanks alone"),
        (["pos", "pos "], "classes 'pos' and 'pos ' differ in case or blanks alone"),
        (["nan", "pos"], "'nan' is a class, as astype(str) makes of missing labels"),
        (["neg", "pos"], None),
        (["None", "none of these"], None),
    ],
)
def test_classes_that_are_hardly_two_are_told(
    classes: list[str], message: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(Labels.fit(classes).classes) == 2
    assert (message in caplog.text) if message else not caplog.text


def test_texts_that_are_names_of_nothing_are_told(caplog: pytest.LogCaptureFixture) -> None:
    texts_of(pd.Series(["a", np.nan, "nan of that"]).astype(object).map(str), "train")
    assert "train: 1 of 3 texts are 'nan', the first in row 2" in caplog.text


def test_tags_are_read_without_blanks_and_none_is_empty() -> None:
    assert Tagged.make([["a", "b"]], [["B-X ", " O"]], "train").tags == [["B-X", "O"]]
    with pytest.raises(DatasetError, match="sentence 1, token 2: tag `` must be O"):
        Tagged.make([["a", "b"]], [["NOUN", ""]], "train")


@pytest.mark.parametrize(("labels", "is_told"), [(0.01, True), (0.5, False), (1, False)])
def test_values_that_are_taken_for_classes_are_told(
    labels: float, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Labels.fit([labels * (n % 50 if is_told else n % 9) for n in range(100)])
    assert ("each taken for a class: 50 classes in 100 rows" in caplog.text) == is_told


@pytest.mark.parametrize("values", [pd.date_range("2020", periods=2), ["a", "b"]])
def test_a_column_of_a_table_that_is_no_number_is_named(values: Any) -> None:
    tables = [pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": values})]
    with pytest.raises(DatasetError, match="sequence 2: column `x` must hold numbers; got"):
        sequences_of(tables, [0, 1], "train")
