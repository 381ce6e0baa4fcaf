from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math

import pyarrow as pa
import pyarrow.parquet
import pytest

from ostinato import DatasetError
from ostinato.datasets import read_texts
from ostinato.datasets.readers.tables import separated

TEXTS = ["plain", 'quoted "twice", with comma', "two\nlines\tand a tab", "你好，世界", ""]
LABELS = ["pos", "neg", "pos", "neg", "pos"]


def quoted(rows, delimiter):
    return "".join(
        delimiter.join('"' + field.replace('"', '""') + '"' for field in row) + "\n" for row in rows
    )


def write_parquet(path, **columns):
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


CONTENT = {
    ".csv": quoted([("text", "label"), *zip(TEXTS, LABELS, strict=True)], ",").encode(),
    ".tsv": quoted([("text", "label"), *zip(TEXTS, LABELS, strict=True)], "\t").encode(),
    ".jsonl": "".join(
        json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n"
        for text, label in zip(TEXTS, LABELS, strict=True)
    ).encode(),
}
COMPRESS = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"])
def test_every_format_and_compression_gives_the_same_examples(tmp_path, suffix, compression):
    if suffix == ".parquet":
        plain = write_parquet(tmp_path / "plain.parquet", text=TEXTS, label=LABELS).read_bytes()
    else:
        plain = CONTENT[".jsonl" if suffix == ".ndjson" else suffix]
    path = tmp_path / f"reviews{suffix}{compression}"
    path.write_bytes(COMPRESS[compression](plain))
    examples = read_texts(path)
    assert examples.texts == TEXTS
    assert examples.labels == LABELS
    assert examples.source == str(path)
    assert not examples.is_multi_label


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".txt"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + CONTENT.get(suffix, b"plain\n"))
    assert read_texts(path, labelled=suffix != ".txt").texts[0] == "plain"


def write(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("header", "given", "text", "label"),
    [
        ("text,label", {}, 0, 1),
        ("sentiment,Review", {}, 1, 0),
        ("text_a,target", {}, 0, 1),
        ("评论,标签", {}, 0, 1),
        ("text,stars", {}, 0, 1),
        ("text,whatever", {}, 0, 1),
        ("whatever,label", {}, 0, 1),
        ("text,label", {"text_column": "label", "label_column": "text"}, 1, 0),
        ("one,two", {"text_column": "two"}, 1, 0),
    ],
)
def test_columns_are_those_given_or_those_with_a_usual_name(tmp_path, header, given, text, label):
    examples = read_texts(write(tmp_path, f"{header}\nfirst,second\n"), **given)
    assert examples.texts == [["first", "second"][text]]
    assert examples.labels == [["first", "second"][label]]


def test_crlf_and_blank_lines_and_a_missing_last_line_break_are_fine(tmp_path):
    examples = read_texts(write(tmp_path, 'text,label\r\n"a\r\nb",1\r\n\r\nc,0'))
    assert examples.texts == ["a\r\nb", "c"]
    assert examples.labels == ["1", "0"]


def test_other_columns_may_hold_anything(tmp_path):
    content = "id,text,when,label\n1,2020-01-01,x,007\n,null,,0.5\n"
    examples = read_texts(write(tmp_path, content))
    assert examples.texts == ["2020-01-01", "null"]
    assert examples.labels == ["007", "0.5"]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1.0, 0.0], ["1", "0"]),
        ([1.5, 0.0], ["1.5", "0.0"]),
        ([1, 0], ["1", "0"]),
        ([True, False], ["true", "false"]),
        ([" pos ", "neg"], ["pos", "neg"]),
        ([["a", "b"], []], [["a", "b"], []]),
        ([[1, 2], [3]], [["1", "2"], ["3"]]),
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_labels_of_any_type_become_strings(tmp_path, suffix, values, labels):
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        write_parquet(path, text=["a", "b"], label=values)
    else:
        path.write_text("".join(json.dumps({"text": "a", "label": v}) + "\n" for v in values))
    examples = read_texts(path)
    assert examples.labels == labels
    assert examples.is_multi_label == isinstance(labels[0], list)


def test_labels_of_csv_lose_decimals_only_if_all_are_whole(tmp_path):
    assert read_texts(write(tmp_path, "text,label\na,1.0\nb,0.0\n")).labels == ["1", "0"]
    assert read_texts(write(tmp_path, "text,label\na,1.0\nb,0.5\n")).labels == ["1.0", "0.5"]


def test_categories_and_numbers_in_parquet_columns_are_fine(tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet",
        text=pa.array(["a", None]).dictionary_encode(),
        label=pa.array(["x", "y"]).dictionary_encode(),
    )
    assert read_texts(path).texts == ["a", ""]
    assert read_texts(path).labels == ["x", "y"]
    assert read_texts(
        write_parquet(tmp_path / "b.parquet", text=[1, 2], label=["x", "y"])
    ).texts == [
        "1",
        "2",
    ]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("text,id\na,1\nb,2\n", "a.csv"),
        ('{"text": "a"}\n{"text": "b"}\n', "a.jsonl"),
        ("a\r\nb\n", "a.txt"),
    ],
)
def test_a_file_to_predict_needs_no_labels(tmp_path, content, name):
    examples = read_texts(write(tmp_path, content, name), labelled=False)
    assert examples.texts == ["a", "b"]
    assert examples.labels is None


def test_lines_of_a_text_file_are_all_texts_also_empty_ones(tmp_path, caplog):
    path = write(tmp_path, "a\n\nb\x85still b\n", "a.txt")
    assert read_texts(path, labelled=False).texts == ["a", "", "b\x85still b"]
    assert "1 of 3 texts are empty, the first in row 2" in caplog.text


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".txt"])
def test_a_million_token_text_is_read_whole(tmp_path, suffix):
    long = "word, " * 1_000_000
    content = {
        ".csv": f'text,label\n"{long}",1\nb,0\n',
        ".jsonl": json.dumps({"text": long, "label": 1}) + '\n{"text": "b", "label": 0}\n',
        ".txt": f"{long}\nb\n",
    }[suffix]
    path = write(tmp_path, content, f"a{suffix}")
    assert read_texts(path, labelled=suffix != ".txt").texts == [long, "b"]


def jsonl(*rows):
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv: the file must have rows; it is empty"),
        ("a.jsonl", "\n\n", "the file must have rows; it is empty"),
        ("a.csv", "\ufeff", "the file must have rows; it is empty"),
        ("a.parquet", "", "the file must have rows; it is empty"),
        ("a.csv", "text,label", "the file must have rows; it has only column names"),
        ("a.csv", "text,label\n", "the file must have rows; it has only column names"),
        (
            "a.csv",
            b"text,label\na,1\nb\xe9,0\n",
            r"must be UTF-8; got byte 0xe9 in line 3 \(byte 16",
        ),
        ("a.jsonl", b'{"text": "\xff"}', "must be UTF-8; got byte 0xff in line 1"),
        ("a.tsv", "text\tlabel\n".encode("utf-16-le"), "must be UTF-8; got bytes of 0, as UTF-16"),
        ("a.csv", "review,id,label\na,1,1\n", None),
        (
            "a.csv",
            "x,y,label\na,1,1\n",
            "a text column must be named or .* columns are `x`, `y`, `label`",
        ),
        (
            "a.csv",
            "text,x,y\na,1,1\n",
            "a label column must be named or .* columns are `text`, `x`, `y`",
        ),
        ("a.csv", 'text,label\n"a\nb",1\nc,d,0\n', "must have 2 fields, .* got 3 in line 4"),
        ("a.csv", "text,label\na,1\nb\n", "must have 2 fields, .* got 1 in line 3"),
        ("a.csv", 'text,label\nx,1\n"a,1\nb,0\n', "one that never ends in the row of line 3"),
        ("a.csv", 'text,label\n"a" b,1\n', "other characters after the closing one .* line 2"),
        (
            "a.csv",
            "text,label\na,\nb,1\nc,nan\n",
            "must have a label; 2 of 3 have none .* is row 1",
        ),
        (
            "a.jsonl",
            jsonl({"text": "a", "label": 1}, '{"text": '),
            "line 2 must be one JSON object; got",
        ),
        ("a.jsonl", jsonl({"text": "a", "label": 1}, "[1]"), "line 2 must be one JSON .* got list"),
        (
            "a.jsonl",
            jsonl({"text": "a", "label": 1}, {"text": "b"}),
            "1 of 2 have none .* is row 2",
        ),
        ("a.jsonl", jsonl({"text": "a", "label": math.nan}), "1 of 1 have none .* is row 1"),
        (
            "a.jsonl",
            jsonl({"text": ["a"], "label": 1}),
            "a text must be a string; got list in row 1",
        ),
        (
            "a.jsonl",
            jsonl({"text": "\ud800", "label": 1}),
            "row 1: a text .* got half a surrogate pair",
        ),
        (
            "a.jsonl",
            jsonl({"text": "a", "label": {}}),
            "a label must be a string, .* got dict in row 1",
        ),
        (
            "a.jsonl",
            jsonl({"text": "a", "label": "x"}, {"text": "b", "label": ["x"]}),
            "labels must be lists in every row or in none; they change in row 2",
        ),
        ("a.jsonl", jsonl({"text": "a", "label": [None]}), "row 1: every row must have a label"),
        ("a.parquet", "PAR1 nothing", "it must be a whole Parquet file"),
        ("a.xlsx", "x", r"the format must be one of .csv, .tsv, .jsonl, .* got `.xlsx`"),
        ("a.jso", "x", "got `.jso`; did you mean `.json"),
        ("a.txt", "a\nb\n", "labelled texts must come as csv, tsv, jsonl or parquet"),
        ("a.csv.gz", "no gzip", "the file must be whole; got: Not a gzipped file"),
        (
            "a.csv.gz",
            gzip.compress(b"text,label\na,1\n" * 9)[:-9],
            "the file must be whole; got: Comp",
        ),
        (
            "a.csv.xz",
            lzma.compress(b"text,label\na,1\n" * 9)[:-9],
            "the file must be whole; got: Comp",
        ),
        ("a.csv.zst", "no zstd", "the file must be whole; got: "),
    ],
)
def test_wrong_files_are_refused(tmp_path, name, content, message):
    path = write(tmp_path, content, name)
    if message is None:
        assert read_texts(path).texts == ["a"]
        return
    with pytest.raises(DatasetError, match=message):
        read_texts(path)


def test_missing_labels_of_parquet_are_counted(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", text=["a", "b", "c"], label=[1.0, None, math.nan])
    with pytest.raises(DatasetError, match=r"2 of 3 have none .* the first is row 2"):
        read_texts(path)


def test_a_text_column_of_another_type_is_refused(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", text=[["a"], ["b"]], label=["x", "y"])
    with pytest.raises(DatasetError, match=r"text column `text` must hold strings; got list<"):
        read_texts(path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"text_column": "reviw"},
            r"no text column `reviw`; did you mean `review`\? .* `review`, `stars`",
        ),
        (
            {"label_column": "zzz"},
            r"there is no label column `zzz`\. The columns are `review`, `stars`",
        ),
    ],
)
def test_a_column_that_is_not_there_is_told_with_the_nearest(tmp_path, given, message):
    path = write(tmp_path, "review,stars\na,1\n")
    with pytest.raises(DatasetError, match=message):
        read_texts(path, **given)


def test_one_column_cannot_be_both_text_and_label(tmp_path):
    path = write(tmp_path, "review,stars\na,1\n")
    with pytest.raises(DatasetError, match=r"must be two columns; got `review` for both\. The col"):
        read_texts(path, "review", "review")


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    path = write(tmp_path, "text,text,label\na,b,1\n")
    with pytest.raises(
        DatasetError, match=r"text column `text` must be there once; got it 2 times"
    ):
        read_texts(path, text_column="text")


def test_a_text_file_has_no_columns(tmp_path):
    path = write(tmp_path, "a\n", "a.txt")
    with pytest.raises(DatasetError, match=r"a .txt file has no columns; got text_column `x`"):
        read_texts(path, "x", labelled=False)


def test_a_missing_file_is_told_with_the_nearest(tmp_path):
    write(tmp_path, "text\n", "reviews.csv")
    with pytest.raises(DatasetError, match=r"none of that name; did you mean `reviews.csv`\?"):
        read_texts(tmp_path / "review.csv")
    with pytest.raises(
        DatasetError, match=r"the file must exist; even its folder .*nowhere does not"
    ):
        read_texts(tmp_path / "nowhere" / "a.csv")
    with pytest.raises(DatasetError, match=r"it must be a file; got a folder"):
        read_texts(tmp_path)


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = write(tmp_path, "text,label\na,1\n")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(
        DatasetError, match=r"must be readable; got: Permission denied\. Change its"
    ):
        read_texts(path)


def test_a_row_larger_than_arrow_can_parse_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(separated, "_LARGEST_BLOCK_BYTES", 64)
    path = write(tmp_path, "text,label\n" + "long " * 100 + ",1\n")
    with pytest.raises(
        DatasetError, match=r"the rows must be well-formed; got: .* Correct the file"
    ):
        read_texts(path)


def test_whole_numbers_of_a_column_lose_their_decimals_whichever_have_them(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\na,1\nb,1.0\nc,0\n")
    assert read_texts(tmp_path / "a.csv").labels == ["1", "1", "0"]


def test_columns_that_are_not_read_are_told(tmp_path, caplog):
    (tmp_path / "a.csv").write_text("text_a,text_b,label\na,b,1\n")
    with caplog.at_level("INFO", "ostinato"):
        read_texts(tmp_path / "a.csv")
    assert "text column `text_a`, label column `label`; not read: `text_b`." in caplog.text
