"""The law of tables of text: rows come back as they were written, in every dialect that is read."""

from __future__ import annotations

import csv
import logging
import re

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError
from ostinato._kinds import Written
from ostinato.datasets import read_texts
from ostinato.datasets.readers.tables.separated import DELIMITERS, read_separated

within = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
characters = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t,;|\"'\\ ")
fields = st.text(characters, max_size=7)
rows = st.lists(st.tuples(fields, fields), min_size=1, max_size=5)
MAY_BE_PLAIN = "\t|"


def written(table, delimiter, quoting=csv.QUOTE_ALL, end="\n"):
    """A table as writers that quote have it, all fields or those that need it."""

    def field(value):
        needs = quoting == csv.QUOTE_ALL or set(value) & {'"', "\n", "\r", delimiter}
        return '"' + value.replace('"', '""') + '"' if needs else value

    return "".join(delimiter.join(map(field, row)) + end for row in table)


def saved(folder, text, name="a.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def columns_of(path, **how):
    table = read_separated(path, Written(**how))
    columns = table.take(table.names)
    return [tuple(table.names), *zip(*(one.to_pylist() for one in columns.values()), strict=True)]


@within
@given(rows, st.sampled_from(list(DELIMITERS)), st.sampled_from(["\n", "\r\n"]))
@example([('"So good', "1"), ("bad", "0"), ('never"', "1")], ",", "\n")
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_quoted_rows_come_back(tmp_path, quoting, rows, delimiter, end):
    table = [("text", "label"), *rows]
    path = saved(tmp_path, written(table, delimiter, quoting, end))
    if delimiter in MAY_BE_PLAIN:  # each of whose lines could be a row of its own
        lines = re.split("\r\n|\r|\n", path.read_bytes().decode())
        assume(
            len(lines) == len(table) + 1
            or any(x.count(delimiter) != 1 for x in filter(None, lines))
        )
    assert columns_of(path) == table
    assert columns_of(path, delimiter=delimiter) == table


@within
@given(rows, st.sampled_from(MAY_BE_PLAIN), st.sampled_from(["\n", "\r\n"]))
@example([('"Low and', "a"), ("mid", "b"), ('high"', "c")], "\t", "\n")
@example([('"Low," he said.', "a"), ('"', "b")], "|", "\n")
def test_rows_without_quoting_come_back(tmp_path, rows, delimiter, end):
    table = [("text", "label"), *rows]
    assume(not any(set(field) & set("\n\r" + delimiter) for row in rows for field in row))
    doubled = [field for row in rows for field in row if field[:1] == '"']
    assume(
        not any(re.fullmatch('"(?:[^"]|"")*"', field) for field in doubled)
    )  # as a writer quotes
    text = "".join(delimiter.join(row) + end for row in table)
    assert columns_of(saved(tmp_path, text, "a.tsv")) == table


@within
@given(rows, st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_rows_with_a_byte_order_mark_come_back_also_with_two(tmp_path, rows, encoding):
    table = [("text", "label"), *rows]
    text = written(table, ",", csv.QUOTE_ALL)
    assert columns_of(saved(tmp_path, text, encoding=encoding)) == table
    assert columns_of(saved(tmp_path, "\ufeff" + text, encoding=encoding)) == table


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16-le", "utf-16-be", "shift_jis"])
def test_rows_in_an_encoding_that_is_named_come_back(tmp_path, encoding):
    table = [("text", "label"), ("日本, 文字", "1"), ("a", "0")]
    path = saved(tmp_path, written(table, ",", csv.QUOTE_MINIMAL), encoding=encoding)
    assert columns_of(path, encoding=encoding) == table
    with pytest.raises(DatasetError, match=r"must be UTF-8; got byte.*\(--encoding\)"):
        read_texts(path)


def test_an_encoding_that_is_probably_wrong_is_told(tmp_path, caplog):
    path = saved(tmp_path, "text,label\ncafé,1\n")
    assert read_texts(path, encoding="latin-1").texts == ["cafÃ©"]
    assert "is read as latin-1, as asked, though it looks like UTF-8" in caplog.text
    with pytest.raises(ConfigError, match=r"got `gb18031`; did you mean `gb18030`\?"):
        read_texts(path, encoding="gb18031")
    with pytest.raises(ConfigError, match="must be an encoding of text"):
        read_texts(path, encoding="zip")
    with pytest.raises(DatasetError, match=r"must be ascii; got byte 0xc3 in line 2"):
        read_texts(path, encoding="ascii")


def test_a_quotation_mark_in_tsv_is_one(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ostinato")
    lines = ["fine", '"So good, he said.', "bad", '"Never again', 'the "end"', '"all"']
    path = saved(tmp_path, "text\tlabel\n" + "".join(f"{x}\t1\n" for x in lines), "a.tsv")
    assert read_texts(path).texts == lines
    assert "nothing is quoted; quotation marks are read as they stand" in caplog.text


def test_line_breaks_in_fields_are_counted_and_told(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ostinato")
    path = saved(tmp_path, 'text,label\na,1\n"b\nb",1\n"c\n",0\n')
    assert read_texts(path).texts == ["a", "b\nb", "c\n"]
    assert "2 rows have line breaks in a quoted field, the first begins in line 3" in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    read_texts(saved(tmp_path, 'text,label\n"Low and,1\nmid,0\nhigh",1\n'))
    assert "each of their lines could as well be a row of its own" in caplog.text


def test_what_is_found_out_is_told(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ostinato")
    assert read_texts(saved(tmp_path, "text;label\nso, so;1\nbad;0\n")).texts == ["so, so", "bad"]
    assert "fields are parted by a semicolon" in caplog.text
    assert read_texts(saved(tmp_path, "sep=|\ntext|label\na;b|1\n")).texts == ["a;b"]
    assert read_texts(saved(tmp_path, "text;label\n1,5;a\n", "a.tsv")).texts == ["1,5"]
    assert read_texts(saved(tmp_path, "text~label\na~1\n"), delimiter="~").labels == ["1"]
    assert read_texts(saved(tmp_path, "text\tlabel\na\t1\n"), delimiter="tab").labels == ["1"]
    one = read_texts(saved(tmp_path, "text\nso; so\nfine\n"), labelled=False)
    assert one.texts == ["so; so", "fine"]


@pytest.mark.parametrize("delimiter", ["::", "", '"', "\n", "é"])
def test_a_delimiter_is_one_character(tmp_path, delimiter):
    with pytest.raises(ConfigError, match="delimiter: must be one character"):
        read_texts(saved(tmp_path, "text,label\na,1\n"), delimiter=delimiter)


def test_a_file_without_names_is_read_by_numbers(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ostinato")
    path = saved(tmp_path, '"3","Wall St.","Bears claw back"\n"4","Sport","Over"\n')
    split = read_texts(path, text_column="3", label_column="1")
    assert (split.texts, split.labels) == (["Bears claw back", "Over"], ["3", "4"])
    assert "the first line is taken for a row" in caplog.text
    assert read_texts(path, text_column="3", labelled=False).texts == split.texts
    numbers = saved(tmp_path, "0,1\ngood,a\n")
    assert read_texts(numbers, text_column="0", label_column="1").labels == ["a"]
    named = saved(tmp_path, "id,Text,label\n1,good,a\n")
    assert read_texts(named, text_column="2", label_column="3").texts == ["good"]
    assert read_texts(named, text_column="2", label_column="id").labels == ["1"]
    with pytest.raises(DatasetError, match="there is no text column `4`"):
        read_texts(named, text_column="4")


def test_columns_are_at_most_so_many_and_more_if_it_is_said(tmp_path, monkeypatch):
    path = saved(tmp_path, "text,label,a,b\nx,1,2,3\n")
    monkeypatch.setenv("OSTINATO_MAX_COLUMNS", "3")
    with pytest.raises(DatasetError, match=r"at most 3 columns; got 4\..*OSTINATO_MAX_COLUMNS"):
        read_texts(path)
    monkeypatch.setenv("OSTINATO_MAX_COLUMNS", "4")
    assert read_texts(path).texts == ["x"]
    monkeypatch.setenv("OSTINATO_MAX_COLUMNS", "many")
    with pytest.raises(ConfigError, match="OSTINATO_MAX_COLUMNS: must be a whole number"):
        read_texts(path)
