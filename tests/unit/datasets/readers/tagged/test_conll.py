from __future__ import annotations

import bz2
import gzip
import lzma

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import load_tagged, read_tagged
from ostinato.datasets.readers.tagged.conll import is_conllu, read_columns, read_conllu
from ostinato.datasets.records.schemes import spans_of

COMPRESS = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}
NEWS = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O

Peter NNP I-NP I-PER
"""
TREE = """\
# sent_id = 1
# text = I didn't.
1\tI\tI\tPRON\tPRP\tCase=Nom\t2\tnsubj\t_\t_
2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdid\tdo\tAUX\tVBD\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\tSpaceAfter=No
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t2:conj\t_
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

1\t#\t#\tSYM\t#\t_\t0\troot\t_\t_
"""
REST = "\t_" * 6 + "\n"

# Anything but what parts columns and ends lines is part of a token: other white space too.
TOKENS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n"), min_size=1)
SENTENCES = st.lists(
    st.lists(st.tuples(TOKENS, st.sampled_from(["O", "B-X", "I-X"])), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("conll")


@given(
    rows=SENTENCES,
    gap=st.sampled_from([" ", "\t", "   "]),
    ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=1),
    blank=st.sampled_from(["", " ", "\t "]),
)
def test_what_was_written_is_read_back(folder, rows, gap, ends, blank):
    lines = [line for row in rows for line in (*(f"{t}{gap}{y}" for t, y in row), blank)]
    text = "".join(line + ends[number % len(ends)] for number, line in enumerate(lines))
    path = folder / "eng.train"
    path.write_bytes(text.encode("utf-8-sig"))
    split = read_columns(path, token_column=1)
    assert split.sentences == [[token for token, _ in row] for row in rows]
    assert split.tags == [[tag for _, tag in row] for row in rows]


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_words_of_a_treebank_are_read_back(folder, sentences):
    rows = [
        "".join(f"{n}\t{t}\t_\t{len(t)}{REST}" for n, t in enumerate(tokens, 1)) + "\n"
        for tokens in sentences
    ]
    path = folder / "a.conllu"
    path.write_bytes("".join(rows).encode())
    split = read_conllu(path)
    assert split.sentences == sentences
    assert split.tags == [[str(len(token)) for token in tokens] for tokens in sentences]


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("text", "read"), [(NEWS, read_columns), (TREE, read_conllu)])
def test_compression_line_ends_and_byte_order_mark_change_nothing(
    tmp_path, text, read, compression, ends, mark
):
    (tmp_path / "plain").write_text(text)
    path = tmp_path / f"a{compression}"
    path.write_bytes(COMPRESS[compression]((mark + text.replace("\n", ends)).encode()))
    assert read(path).fingerprint == read(tmp_path / "plain").fingerprint
    assert is_conllu(path) == (text == TREE)


def test_documents_part_sentences_and_are_left_out(tmp_path):
    (tmp_path / "a").write_text(NEWS)
    assert read_columns(tmp_path / "a").sentences == [["EU", "rejects"], ["Peter"]]
    (tmp_path / "a").write_text("a O\n-DOCSTART-\nb O\n")
    assert read_columns(tmp_path / "a").sentences == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("column", "first"),
    [(None, "I-ORG"), (4, "I-ORG"), ("4", "I-ORG"), (2, "NNP"), ("3", "I-NP"), ("1", "EU")],
)
def test_a_column_is_named_by_its_number(tmp_path, column, first):
    (tmp_path / "a").write_text(NEWS)
    assert read_columns(tmp_path / "a", column).tags[0][0] == first


def test_a_column_may_have_a_name(tmp_path):
    (tmp_path / "a").write_text(NEWS)
    names = ("word", "pos", "chunk", "ner")
    for number, name in enumerate(names, 1):
        named = read_columns(tmp_path / "a", name, names=names)
        assert named == read_columns(tmp_path / "a", number, names=names)
    with pytest.raises(
        DatasetError, match=r"no tag column `chunks`; did you mean `chunk`\? The columns are `word`"
    ):
        read_columns(tmp_path / "a", "chunks", names=names)
    with pytest.raises(
        DatasetError, match="line 3 must have 3 columns, as the data set has; got 4"
    ):
        read_columns(tmp_path / "a", names=names[1:])


@pytest.mark.parametrize(
    ("column", "tags"),
    [
        (None, [["PRON", "AUX", "PART", "PUNCT"], ["SYM"]]),
        ("upos", [["PRON", "AUX", "PART", "PUNCT"], ["SYM"]]),
        ("xpos", [["PRP", "VBD", "RB", "."], ["#"]]),
        (5, [["PRP", "VBD", "RB", "."], ["#"]]),
        ("lemma", [["I", "do", "not", "."], ["#"]]),
        ("feats", [["Case=Nom", "_", "_", "_"], ["_"]]),
        ("deprel", [["nsubj", "root", "advmod", "punct"], ["root"]]),
    ],
)
def test_words_of_a_treebank_have_the_tags_of_a_column(tmp_path, column, tags):
    (tmp_path / "a.conllu").write_text(TREE)
    split = read_conllu(tmp_path / "a.conllu", column)
    assert split.sentences == [["I", "did", "n't", "."], ["#"]]
    assert split.tags == tags


@pytest.mark.parametrize(("text", "read"), [("a\nb\n", read_columns), (TREE, read_conllu)])
def test_without_labels_there_are_no_tags_unless_a_column_is_named(tmp_path, text, read):
    (tmp_path / "a").write_text(text)
    assert read(tmp_path / "a", labelled=False).tags is None
    assert read(tmp_path / "a", 1, labelled=False).tags is not None


def test_a_token_may_be_a_hash_hold_spaces_or_be_other_white_space(tmp_path):
    (tmp_path / "a").write_text("#\tO\nNew York\tB-X\n\u3000\tO\n\tO\n", encoding="utf-8")
    split = read_columns(tmp_path / "a")
    assert split.sentences == [["#", "New York", "\u3000", ""]]
    assert split.tags == [["O", "B-X", "O", "O"]]


def test_a_fault_of_the_scheme_is_told_with_its_line(tmp_path, caplog):
    (tmp_path / "a").write_text("-DOCSTART- O\n\na B-X\n\nb O\nc I-X\n")
    read_columns(tmp_path / "a")
    assert f"{tmp_path}/a: line 6: `I-X` cannot follow `O` in IOB2" in caplog.text


NUMBERED = (
    "#\thttp://a.b/c [2008]\n1\tAnna\tB-PER\tO\n2\tsings\tO\tO\n\n"
    "#\thttp://d.e/f [2009]\n1\tBen\tB-PER\tO\n2\tLee\tI-PER\tO\n3\t#\tO\tO\n"
)


def test_numbers_of_tokens_and_comments_are_no_tokens_and_told(tmp_path, caplog):
    path = tmp_path / "a.tsv"
    path.write_text(NUMBERED)
    split = read_columns(path, 3)
    assert split.sentences == [["Anna", "sings"], ["Ben", "Lee", "#"]]
    assert split.tags == [["B-PER", "O"], ["B-PER", "I-PER", "O"]]
    assert (
        "lines that begin with # and have not 4 columns are left out as comments: 2, the first is line 1."
        in caplog.text
    )
    assert "column 1 counts the tokens, so that they are read from column 2" in caplog.text
    caplog.clear()
    assert read_columns(path, 3, token_column=2).sentences == split.sentences
    assert read_columns(path, 3, token_column="1").sentences == [["1", "2"], ["1", "2", "3"]]
    assert "counts" not in caplog.text


@given(st.lists(st.lists(TOKENS, min_size=2, max_size=4), min_size=1), st.sampled_from([0, 1]))
def test_whatever_the_tokens_are_their_numbers_are_not_taken_for_them(folder, sentences, first):
    lines = ["\n".join(f"{n}\t{t}\tO" for n, t in enumerate(row, first)) for row in sentences]
    path = folder / "numbered.tsv"
    path.write_bytes("\n\n".join([*lines, f"{first}\tx\tB-X"]).encode())
    assert read_columns(path).sentences == [*sentences, ["x"]]


def test_numbers_that_count_through_the_file_are_no_tokens(tmp_path):
    (tmp_path / "a").write_text("1 a O\n2 b O\n\n3 c B-X\n4 d O\n")
    assert read_columns(tmp_path / "a").sentences == [["a", "b"], ["c", "d"]]


def test_numbers_without_tokens_are_refused(tmp_path):
    (tmp_path / "a").write_text("1 O\n2 B-X\n3 O\n")
    with pytest.raises(DatasetError, match=r"column 1 counts 1, 2, 3 and column 2 has the tags"):
        read_columns(tmp_path / "a")
    assert read_columns(tmp_path / "a", token_column=1).sentences == [["1", "2", "3"]]


def test_numbers_that_do_not_count_are_tokens(tmp_path):
    (tmp_path / "a").write_text("7 CD O\n1 CD O\n2 CD B-X\n\n19 CD O\n30 CD O\n")
    assert read_columns(tmp_path / "a").sentences == [["7", "1", "2"], ["19", "30"]]


@pytest.mark.parametrize("header", ["word\tpos\tner", "id\tWord\tTag", "ner\ttoken\tpos"])
def test_a_line_of_names_names_the_columns(tmp_path, header):
    (tmp_path / "a.tsv").write_text(f"{header}\n1\t2\tX\n\n3\t4\tY\n")
    place = [name in ("word", "Word", "token") for name in header.split("\t")].index(True)
    split = read_columns(tmp_path / "a.tsv")
    assert split.sentences == [["12"[place]], ["34"[place]]]
    assert split.tags == [["X"], ["Y"]]
    assert read_columns(tmp_path / "a.tsv", header.split("\t")[0]).tags == [["1"], ["3"]]


def test_comments_of_as_many_columns_as_the_tokens_are_no_words(tmp_path, caplog):
    text = "# newdoc\n# 7\nAnna B-PER\n# O\n\n#id x\n#tag B-X\nsings O\n"
    (tmp_path / "a").write_text(text)
    split = read_columns(tmp_path / "a")
    assert split.sentences == [["Anna", "#"], ["#tag", "sings"]]
    assert split.tags == [["B-PER", "O"], ["B-X", "O"]]
    assert "have no tag of a span are left out as comments: 3, the first is line 1." in caplog.text


def test_files_of_other_encodings_are_read_if_it_is_named(tmp_path):
    for name, text in (
        ("a.conll", "caf\u00e9\tO\nb\tB-X\n"),
        ("a.csv", "sentence_id,word,tag\n1,caf\u00e9,O\n1,b,B-X\n"),
        ("a.jsonl", '{"tokens": ["caf\u00e9", "b"], "tags": ["O", "B-X"]}\n'),
    ):
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        with pytest.raises(DatasetError, match="must be UTF-8; got byte 0xe9"):
            read_tagged(tmp_path / name)
        split = load_tagged(tmp_path / name, encoding="latin-1")["train"]
        assert (split.sentences, split.tags) == ([["caf\u00e9", "b"]], [["O", "B-X"]])


def test_a_long_file_without_an_empty_line_is_told(tmp_path, caplog):
    (tmp_path / "a").write_text("a O\nb B-X\n" * 1001)
    read_columns(tmp_path / "a")
    assert "there is no empty line, so that its 2002 tokens are one sentence." in caplog.text


WORD = "1\ta\t_\tX\t_\t_\t_\t_\t_\t_\n"


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_columns, "a X O\nb O\n", "line 2 must have 3 columns, as line 1 has; got 2"),
        (read_columns, "a O\nNew York O\n", "line 2 must have 2 columns, as line 1 has; got 3"),
        (read_columns, "a\tO\nb\t\n", "line 2 must have 2 columns, as line 1 has; got 1"),
        (read_columns, "a\nb\n", "must have a token and a tag, .*; got one column"),
        (read_columns, "a\tO\rb\tO\n", "line 1 must end with .* got a lone .r in it"),
        (read_columns, "-DOCSTART- O\n\n", "must be a sentence with a token; got none"),
        (read_columns, " \n\n", "must have rows; it is empty"),
        (read_columns, "a O\n\xff O\n".encode("latin-1"), "got byte 0xff in line 2"),
        (read_conllu, WORD + "2\tb\tX\n", "line 2 must have 10 fields parted by tabs; got 3"),
        (read_conllu, WORD.replace("\t", " "), "line 1 must have 10 fields parted by tabs; got 1"),
        (read_conllu, "#\n" + WORD.replace("1", "x"), "line 2 must begin with a number, .* `x`"),
        (read_conllu, WORD + WORD, "line 2 must be word 2 of its sentence; got number 1"),
        (read_conllu, WORD + "\n" + WORD.replace("1", "2"), "line 3 must be word 1 .* number 2"),
        (read_conllu, "# text\n", "must be a sentence with a token; got none"),
    ],
)
def test_what_is_malformed_is_refused_with_file_and_line(tmp_path, read, text, message):
    path = tmp_path / "a.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DatasetError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))


def test_an_empty_tag_is_refused(tmp_path):
    (tmp_path / "a").write_text("a\t \tO\n")
    with pytest.raises(DatasetError, match="line 1 must have a tag; it is empty"):
        read_columns(tmp_path / "a", 2)


@pytest.mark.parametrize(
    ("read", "column", "message"),
    [
        (read_columns, 5, r"no tag column `5`.* The columns are `1`, `2`, `3`, `4`"),
        (read_columns, "ner", r"no tag column `ner`. The columns are `1`, `2`, `3`, `4`"),
        (read_columns, 0, "no tag column `0`"),
        (read_columns, -1, "no tag column `-1`"),
        (read_conllu, "pos", r"no tag column `pos`; did you mean `[ux]pos`\? The columns are `id`"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path, read, column, message):
    (tmp_path / "a").write_text(NEWS if read is read_columns else TREE)
    with pytest.raises(DatasetError, match=message):
        read(tmp_path / "a", column)


@pytest.mark.parametrize(
    "text", ["1 a O\n", "#\tO\n", "x" + WORD, "# comment\n", "1-a" + WORD[1:], "\n"]
)
def test_other_files_are_not_taken_for_a_treebank(tmp_path, text):
    (tmp_path / "a").write_text(text)
    assert not is_conllu(tmp_path / "a")


def test_a_sentence_of_fifty_thousand_tokens_is_read(tmp_path):
    (tmp_path / "a").write_text("a B-X\n" * 50_000)
    split = read_columns(tmp_path / "a")
    assert split.lengths.tolist() == [50_000]
    assert len(spans_of(split.tags[0])) == 50_000
