"""The formats of sequences say the same, and name the place of what is wrong."""

from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ostinato import DatasetError
from ostinato.datasets import Sequences, load_sequences, read_sequences
from ostinato.datasets.readers.sequences.ts import write_ts

ROWS = [np.array([[1.0, 4.0], [2.0, np.nan]]), np.array([[3.0, 6.5]]), np.array([[0.0, 1.0]] * 3)]
LABELS = ["up", "down", "up"]
TS = """#A comment
@problemName Little
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down

@data
1.0,2.0:4.0,?:up
3:6.5:down
% another
0,0,0:1,1,1:up
"""


def long_rows() -> list[dict[str, object]]:
    return [
        {"id": f"s{row}", "t": step, "a": values[0], "b": values[1], "label": LABELS[row]}
        for row, sequence in enumerate(ROWS)
        for step, values in enumerate(sequence.tolist())
    ]


def written(folder, kind):
    path = folder / f"a.{kind}"
    rows = long_rows()
    if kind == "ts":
        path.write_text(TS)
    elif kind == "ts.gz":
        path.write_bytes(gzip.compress(TS.replace("\n", "\r\n").encode()))
    elif kind == "npz":
        offsets = np.cumsum([0, *map(len, ROWS)])
        np.savez(path, X=np.concatenate(ROWS), offsets=offsets, y=LABELS)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = [",".join(rows[0])]
        lines += [",".join("" if v != v else str(v) for v in row.values()) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("kind", ["ts", "ts.gz", "npz", "csv", "parquet"])
def test_every_format_says_the_same(tmp_path, kind):
    split = read_sequences(written(tmp_path, kind))
    assert split.labels == LABELS
    assert len(split) == len(ROWS)
    for row, values in enumerate(ROWS):
        np.testing.assert_array_equal(split[row], values)


def test_steps_are_ordered_by_time_whatever_the_order_of_the_rows(tmp_path):
    rows = long_rows()
    order = np.random.default_rng(0).permutation(len(rows))
    pq.write_table(pa.Table.from_pylist([rows[n] for n in order]), tmp_path / "a.parquet")
    split = read_sequences(tmp_path / "a.parquet")
    found = {name: split[row] for row, name in enumerate(split.names)}
    for row, values in enumerate(ROWS):
        np.testing.assert_array_equal(found[f"sequence `s{row}`"], values)


def test_times_may_be_dates_and_fractions_and_columns_named(tmp_path):
    (tmp_path / "a.csv").write_text(
        "who,when,x,y,kind\nb,2024-01-02,2,9,up\nb,2024-01-01,1,9,up\nc,2024-01-01,5,9,down\n"
    )
    split = read_sequences(
        tmp_path / "a.csv",
        id_column="who",
        time_column="when",
        label_column="kind",
        feature_columns=("x",),
    )
    assert split.features == ("x",)
    assert [split[row].ravel().tolist() for row in range(2)] == [[1.0, 2.0], [5.0]]
    (tmp_path / "b.csv").write_text("id,time,x,label\na,0.5,2,1\na,0.25,1,1\n")
    assert read_sequences(tmp_path / "b.csv")[0].ravel().tolist() == [1.0, 2.0]


def test_labels_that_are_there_are_no_features_even_if_not_asked_for(tmp_path):
    split = read_sequences(written(tmp_path, "csv"), labelled=False)
    assert split.features == ("a", "b")
    assert split.labels is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3:6.5:down", "3:x:down", "line 10: feature 2 must have numbers.*`x` at step 1"),
        ("3:6.5:down", "3:6.5:dwn", "line 10: the label must be one of.*did you mean `down`"),
        ("3:6.5:down", "3:6.5:", "line 10: the last field must be the label"),
        ("3:6.5:down", "3:down", "line 10: a sequence must have 2 features.*got 1"),
        ("3:6.5:down", "3:6.5,1:down", "line 10: all features.*as many values; got 1, 2"),
        ("3:6.5:down", "3::down", "line 10: feature 2 must have a value"),
        ("3:6.5:down", "3:inf:down", "line 10: every value must be a finite number.*feature `2`"),
        ("@dimensions 2", "@dimensions two", "line 4: @dimensions must be a whole number"),
        (
            "@univariate false",
            "@timeStamps true",
            "line 3: sequences must come without time stamps",
        ),
        ("@data", "", "must have a line @data"),
        ("@classLabel true up down", "@classLabel false", "must have labels|2 features"),
    ],
)
def test_a_bad_line_of_a_ts_file_is_named(tmp_path, old, new, message):
    path = tmp_path / "a.ts"
    path.write_text(TS.replace(old, new))
    with pytest.raises(DatasetError, match=message):
        read_sequences(path)


def test_target_labels_are_values(tmp_path):
    (tmp_path / "a.ts").write_text("@targetLabel true\n@data\n1,2:0.5\n3:-1e3\n")
    assert read_sequences(tmp_path / "a.ts").labels == [0.5, -1000.0]


def test_a_written_ts_file_reads_the_same(tmp_path):
    split = Sequences.make([row.round(4) for row in (ROWS[1], ROWS[2])], ["a", "b"], "x")
    write_ts(tmp_path / "a.ts", split, {})
    assert read_sequences(tmp_path / "a.ts").fingerprint == split.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,x,label\na,1,u\na,2,v\n", "label in column `label` must be the same.*row 2"),
        ("id,x,label\na,one,u\n", "sequence `a`, row 1: the feature column `x` must hold numbers"),
        ("id,x,label\n,1,u\n", "row 1 has none"),
        ("id,t,x,label\na,1,1,u\na,1,2,u\n", "a time must stand once.*sequence `a`"),
        ("id,t,x,label\na,,1,u\n", "must have a time.*row 1"),
        ("id,x,label\na,1,\n", "sequence `a` has none"),
        ("id,label\na,u\n", "must be a column of a feature"),
        ("x,label\n1,u\n", "a step a row must have an id column"),
        ("id,x\na,1\n", "a label column must be named"),
        ("id,x,label\n", "must have rows"),
    ],
)
def test_a_bad_table_is_refused_by_place(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_sequences(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": [1]}, "there must be an array `X`"),
        ({"X": np.zeros((2, 3))}, "there must be an array `y`"),
        ({"X": np.zeros(3), "y": [1, 2, 3]}, r"X must be .*got shape \(3,\)"),
        ({"X": np.zeros(3), "offsets": [0, 2], "y": [1]}, "offsets must rise from 0 to the 3"),
        ({"X": np.zeros(3), "offsets": [0, 2, 1, 3], "y": [1] * 3}, "offsets must rise"),
        ({"X": np.array([[1], [1, 2]], object), "y": [1, 2]}, "without objects"),
    ],
)
def test_a_bad_archive_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DatasetError, match=message):
        read_sequences(tmp_path / "a.npz")


def test_a_cut_archive_and_an_unknown_format_are_refused(tmp_path):
    path = written(tmp_path, "npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DatasetError, match=r"whole \.npz"):
        read_sequences(path)
    (tmp_path / "a.arff").touch()
    with pytest.raises(DatasetError, match=r"must come as one of \.ts"):
        read_sequences(tmp_path / "a.arff")


def test_a_folder_has_splits_and_another_data_set_names_its_task(tmp_path):
    written(tmp_path, "ts").rename(tmp_path / "train.ts")
    written(tmp_path, "csv").rename(tmp_path / "test.csv")
    splits = load_sequences(tmp_path, validation=tmp_path / "test.csv")
    assert list(splits) == ["train", "validation", "test"]
    assert splits["train"].keys == splits["test"].keys
    with pytest.raises(DatasetError, match=r"labelled sequences.*ostinato train transcribe morse"):
        load_sequences("morse")


def test_several_id_columns_tell_sequences_apart_together(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("who,take,t,x,label\na,1,1,4,up\na,1,2,5,up\na,2,1,6,down\n")
    split = read_sequences(path, id_column=["who", "take"], time_column="t")
    assert split.names == ["sequence `a/1`", "sequence `a/2`"]
    assert [row.ravel().tolist() for row in (split[0], split[1])] == [[4.0, 5.0], [6.0]]
    assert split.features == ("x",)


@pytest.mark.parametrize("with_names", [True, False])
def test_the_delimiter_and_the_encoding_are_taken_as_told(tmp_path, with_names):
    path = tmp_path / "a.csv"
    if with_names:
        path.write_bytes("id#t#x#label\na#1#4#北\na#2#5#北\n".encode("gb18030"))
    else:
        path.write_bytes("1#4#5#6\n2#1#2#\n".encode("utf-16"))
    encoding = "gb18030" if with_names else "utf-16"
    for split in (
        read_sequences(path, delimiter="#", encoding=encoding),
        load_sequences(path, delimiter="#", encoding=encoding)["train"],
    ):
        assert split.labels == (["北"] if with_names else ["1", "2"])
        assert split[0].ravel().tolist() == ([4.0, 5.0] if with_names else [4.0, 5.0, 6.0])


def test_an_encoding_of_a_file_that_has_none_is_told(tmp_path, caplog):
    with caplog.at_level("INFO"):
        read_sequences(written(tmp_path, "npz"), encoding="gb18030")
    assert "a .npz file has no encoding; `gb18030` is not used" in caplog.text


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("OSTINATO_MAX_UNPACKED_MB", "1")
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, X=np.zeros((2, 100_000)), y=["a", "b"])
    assert path.stat().st_size < 10_000
    with pytest.raises(DatasetError, match="must unpack to at most 1 MB"):
        read_sequences(path)
    monkeypatch.setenv("OSTINATO_MAX_UNPACKED_MB", "2")
    assert len(read_sequences(path)) == 2
