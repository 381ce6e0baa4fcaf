"""Forms of labelled texts beside tables of one label: JSON arrays, fastText, several labels a text."""

from __future__ import annotations

import gzip
import io
import json
import logging
import tarfile

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import load_texts, read_texts
from ostinato.datasets.readers.tables.frames import read_columns

within = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=7)
rows = st.lists(
    st.fixed_dictionaries({"text": texts, "label": st.sampled_from(["a", "b"])}),
    min_size=1,
    max_size=4,
)


def saved(folder, content, name):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@within
@given(rows, st.sampled_from([None, 1]))
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_objects_in_json_come_back_however_they_are_written(tmp_path, name, rows, indent):
    forms = [json.dumps(rows, indent=indent), "".join(json.dumps(row) + "\n" for row in rows)]
    if name == "a.json":
        forms.append(json.dumps({"version": 1, "data": rows}, indent=indent))
    for form in forms:
        split = read_texts(saved(tmp_path, form, name))
        assert split.texts == [row["text"] for row in rows]
        assert split.labels == [row["label"] for row in rows]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested at most"),
        ("a.json", "[" * 100_000, "nested at most"),
        ("a.jsonl", '{"text": "a", "label": ' + "9" * 5000 + "}", "at most 4300 digits"),
        ("a.jsonl", '{"text": "a", "label": "\\ud800"}', "label must be valid .* in row 1"),
        ("a.json", "[1, 2]", "element 1 must be one JSON object"),
        ("a.json", "[]", "must have rows"),
        ("a.json", '{"text": "a",\n "label" 1}', "line 1 must be one JSON object"),
        ("a.txt", "__label__a good\nbad\n", "line 2 has none"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(tmp_path, name, content, message):
    with pytest.raises(DatasetError, match=message) as told:
        read_texts(saved(tmp_path, content, name))
    assert len(str(told.value)) < 300 + len(str(tmp_path))


labels = st.lists(st.sampled_from(["a", "b", "好"]), min_size=1, max_size=2, unique=True)
words = st.lists(st.sampled_from(["so", "good", "__labels"]), max_size=4).map(" ".join)


@within
@given(st.lists(st.tuples(words, labels), min_size=1, max_size=4))
@pytest.mark.parametrize("name", ["a.txt", "cooking.train"])
def test_lines_of_fasttext_come_back(tmp_path, name, rows):
    lines = ["".join(f"__label__{one} " for one in own) + text for text, own in rows]
    path = saved(tmp_path, "".join(line + "\n" for line in lines), name)
    split = read_texts(path)
    assert split.texts == [text for text, _ in rows]
    single = all(len(own) == 1 for _, own in rows)
    assert split.labels == [own[0] if single else own for _, own in rows]
    assert read_texts(path, labelled=False).texts == split.texts


def test_labels_in_one_column_are_parted(tmp_path):
    path = saved(tmp_path, 'text,label\na,"x, y,x"\nb,\nc,y\n', "a.csv")
    assert read_texts(path, label_separator=",").labels == [["x", "y"], [], ["y"]]
    path = saved(
        tmp_path, '{"text": "a", "label": "x|y"}\n{"text": "b", "label": null}\n', "a.jsonl"
    )
    assert load_texts(path, label_separator="|")["train"].labels == [["x", "y"], []]
    path = saved(tmp_path, '{"text": "a", "label": ["x"]}\n', "a.jsonl")
    with pytest.raises(DatasetError, match="labels with a separator must be strings; got list"):
        read_texts(path, label_separator="|")


@pytest.mark.parametrize("columns", [["x", "y"], ["2", "3"]])
def test_columns_may_be_labels(tmp_path, columns, caplog):
    caplog.set_level(logging.INFO, "ostinato")
    path = saved(tmp_path, "text,x,y\na,1,0\nb,0.0,False\nc,true,1\n", "a.csv")
    assert load_texts(path, label_column=columns)["train"].labels == [["x"], [], ["x", "y"]]
    assert "each of the columns `x`, `y` is a label" in caplog.text
    with pytest.raises(DatasetError, match="there is no label column `z`"):
        read_texts(path, label_column=["x", "z"])
    path = saved(tmp_path, "text,x,y\na,1,2\n", "a.csv")
    with pytest.raises(DatasetError, match=r"must hold 1 or 0; got `2` in row 1 of `y`"):
        read_texts(path, label_column=["x", "y"])


def test_a_column_that_stands_twice_is_refused_where_it_is_meant(tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["text", "text", "label"])
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    for path in (tmp_path / "a.parquet", saved(tmp_path, "text,text,label\na,b,1\n", "a.csv")):
        with pytest.raises(DatasetError, match=r"`text` must be there once; got it 2 times"):
            read_texts(path)
        with pytest.raises(DatasetError, match=r"`text` must be there once; got it 2 times"):
            read_columns(path)
    with pytest.raises(DatasetError, match=r"`text` must be there once"):
        read_texts(tmp_path / "a.parquet", labelled=False)


def test_a_compressed_file_unpacks_to_the_limit_and_no_further(tmp_path, monkeypatch):
    monkeypatch.setenv("OSTINATO_MAX_UNPACKED_MB", "1")
    small = b"text,label\na,1\n" + b" " * 1000
    assert (
        len(read_texts(saved(tmp_path, gzip.compress(b"text,label\na,1\n"), "a.csv.gz")).texts) == 1
    )
    large = saved(tmp_path, gzip.compress(small * 2000), "b.csv.gz")
    with pytest.raises(
        DatasetError, match=r"at most 1 MB; it holds more.*OSTINATO_MAX_UNPACKED_MB"
    ):
        read_texts(large)
    monkeypatch.setenv("OSTINATO_MAX_UNPACKED_MB", "16")
    with pytest.raises(DatasetError, match=r"at most 2 MB; it holds more"):  # it shrank 200 to 1
        read_texts(saved(tmp_path, gzip.compress(small * 4000), "b.csv.gz"))
    mixed = "text,label\n" + "".join(f"{n * n} {n},{n % 2}\n" for n in range(300_000))
    assert (
        len(read_texts(saved(tmp_path, gzip.compress(mixed.encode(), 1), "b.csv.gz")).texts)
        == 300_000
    )
    monkeypatch.setenv("OSTINATO_MAX_UNPACKED_MB", "1")
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("d/train/pos/x.txt")
        member.size = 2 << 20
        archive.addfile(member, io.BytesIO(b"a" * member.size))
    with pytest.raises(DatasetError, match="at most 1 MB; it holds more"):
        load_texts(tmp_path / "c.tar.gz")
    texts = pa.array(["word " * 1000] * 1000)
    for column in (texts, texts.dictionary_encode()):
        table = pa.table({"text": column, "label": ["a"] * 1000})
        pa.parquet.write_table(table, tmp_path / "d.parquet")
        assert (tmp_path / "d.parquet").stat().st_size < 1 << 18
        with pytest.raises(DatasetError, match="at most 1 MB; it holds more"):
            read_texts(tmp_path / "d.parquet")


def test_rows_that_cost_nothing_are_counted(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    for value in ("a", None):
        column = pa.array([value] * 50_000, pa.string())
        pa.parquet.write_table(pa.table({"text": column, "label": column}), path)
        size = path.stat().st_size
        monkeypatch.setenv("OSTINATO_MAX_ROWS", "49999")
        with pytest.raises(DatasetError, match=r"at most 49999 rows; got 50000.*OSTINATO_MAX_ROWS"):
            read_columns(path)
        monkeypatch.setenv("OSTINATO_MAX_ROWS", "50000")
        assert len(read_columns(path)["text"]) == 50_000 > size
    texts = pa.array([f"{n * n} {n}" for n in range(50_000)])
    pa.parquet.write_table(pa.table({"text": texts}), path)
    monkeypatch.setenv("OSTINATO_MAX_ROWS", "1")
    assert len(read_columns(path)["text"]) == 50_000 < path.stat().st_size


def test_a_text_has_at_most_so_many_megabytes(tmp_path, monkeypatch):
    monkeypatch.setenv("OSTINATO_MAX_TEXT_MB", "1")
    path = saved(tmp_path, "a\n" + "b" * ((1 << 20) + 1) + "\n", "a.txt")
    with pytest.raises(DatasetError, match=r"a text must have at most 1 MB; .* in row 2"):
        read_texts(path, labelled=False)
