import csv
import gzip
import json
import re

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets.readers.recordings.manifests import (
    AUDIO_NAMES,
    read_manifest,
    read_pairs,
    sounds_in,
)
from ostinato.datasets.readers.recordings.word_folders import is_by_word, read_words

ROWS = [
    {"path": "1.wav", "text": "one, two", "speaker": "ann"},
    {"path": "二.flac", "text": "三 四", "speaker": "bob"},
]


def write(path, rows=ROWS):
    """A table in the format that its name tells."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
        return path
    if kind in ("jsonl", "ndjson"):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        plain = path.with_name("plain")
        with plain.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
            table.writeheader()
            table.writerows(rows)
        content = plain.read_bytes().decode()
    data = content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    "name",
    ["a.csv", "a.tsv", "a.TSV", "a.jsonl", "a.ndjson", "a.parquet", "a.csv.gz", "a.jsonl.gz"],
)
def test_every_format_gives_the_same_recordings(tmp_path, name):
    path = write(tmp_path / name)
    if name == "a.TSV":
        path = write(tmp_path / "a.tsv").rename(path)
    split = read_manifest(path)
    assert split.audio == [tmp_path / "1.wav", tmp_path / "二.flac"]
    assert split.names == ["row 1 (1.wav)", "row 2 (二.flac)"]
    assert split.transcripts == ["one, two", "三 四"]
    assert split.speakers == ["ann", "bob"]
    assert split.source == str(path)


def test_a_compressed_parquet_file_is_read(tmp_path):
    plain = write(tmp_path / "a.parquet")
    path = tmp_path / "b.parquet.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_manifest(path).transcripts == ["one, two", "三 四"]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t"), max_size=9
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transcripts=st.lists(texts, min_size=1, max_size=4))
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_any_transcript_is_read_as_it_was_written(tmp_path, name, transcripts):
    if name == "a.tsv":  # each of whose lines could be a row
        assume(not any(re.search("\t[^\t]*[\r\n]|[\r\n][^\t]*\t", text) for text in transcripts))
    rows = [{"text": text, "audio": f"{i}.wav"} for i, text in enumerate(transcripts)]
    assert read_manifest(write(tmp_path / name, rows)).transcripts == transcripts


@pytest.mark.parametrize("audio", AUDIO_NAMES)
@pytest.mark.parametrize("text", ["Text", "transcript", "sentence", "文本"])
def test_usual_column_names_are_known_in_any_case(tmp_path, audio, text):
    rows = [{"id": "7", audio.upper(): "1.wav", text: "one"}]
    split = read_manifest(write(tmp_path / "a.csv", rows))
    assert (split.audio, split.transcripts) == ([tmp_path / "1.wav"], ["one"])
    assert split.speakers is None


def test_other_columns_are_read_if_they_are_named(tmp_path):
    rows = [{"path": "1.wav", "text": "one", "b": "2.wav", "said": "two", "who": "cy"}]
    asked = {"audio": "b", "text": "said", "speaker": "who"}
    split = read_manifest(write(tmp_path / "a.jsonl", rows), asked)
    assert split.audio == [tmp_path / "2.wav"]
    assert (split.transcripts, split.speakers) == (["two"], ["cy"])


@pytest.mark.parametrize("column", ["audio", "text", "speaker"])
def test_a_named_column_that_is_not_there_is_told(tmp_path, column):
    path = write(tmp_path / "a.csv")
    with pytest.raises(DatasetError, match=rf"a\.csv.*no {column} column `pth`.* columns are"):
        read_manifest(path, {column: "pth"})


def test_columns_without_a_usual_name_are_asked_for(tmp_path):
    path = write(tmp_path / "a.csv", [{"x": "1.wav", "text": "one"}])
    with pytest.raises(DatasetError, match=r"audio column must be named .* Give audio_column"):
        read_manifest(path)
    path = write(tmp_path / "b.csv", [{"path": "1.wav", "y": "one"}])
    with pytest.raises(DatasetError, match=r"text column must be named .* Give text_column"):
        read_manifest(path)
    assert read_manifest(path, labelled=False).transcripts is None


def test_paths_are_absolute_or_relative_to_the_table_or_its_folder_clips(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for place in (tmp_path / "both.wav", clips / "both.wav", clips / "clip.mp3"):
        place.touch()
    files = ["both.wav", "clip.mp3", "neither.wav", str(tmp_path.parent / "far.wav")]
    split = read_manifest(write(tmp_path / "a.tsv", [{"path": f, "sentence": "x"} for f in files]))
    assert split.audio == [
        tmp_path / "both.wav",
        clips / "clip.mp3",
        tmp_path / "neither.wav",
        tmp_path.parent / "far.wav",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("a.csv", ""), ("a.csv", "  "), ("a.jsonl", None), ("a.jsonl", 3), ("a.parquet", None)],
)
def test_a_row_without_a_file_is_told(tmp_path, name, value):
    rows = [{"path": "1.wav", "text": "a"}, {"path": value, "text": "b"}]
    if name == "a.jsonl":
        rows.append({"text": "c"})
    with pytest.raises(DatasetError, match=rf"{name}: row 2 must name a file in column `path`"):
        read_manifest(write(tmp_path / name, rows))


def test_a_row_of_other_width_is_told_with_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('path,text\n1.wav,"one\ntwo"\n\n2.wav,three, four\n')
    with pytest.raises(DatasetError, match=r"a\.csv: .* 2 fields, .* got 3 in line 5\."):
        read_manifest(path)


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_after_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('path,text\n1.wav,"one\n2.wav,two\n3.wav,three\n')
    with pytest.raises(DatasetError, match=r"a\.csv"):
        read_manifest(path)


def test_a_transcript_may_be_long(tmp_path):
    said = "word " * 40_000
    path = write(tmp_path / "a.csv", [{"path": "1.wav", "text": said}])
    assert read_manifest(path).transcripts == [said]


def test_a_byte_order_mark_and_ends_of_windows_lines_are_no_part_of_names(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffpath,text\r\n1.wav,one\r\n".encode())
    split = read_manifest(path)
    assert (split.audio, split.transcripts) == ([tmp_path / "1.wav"], ["one"])


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_numbers_that_are_said_are_transcripts_zero_too(tmp_path, name):
    rows = [{"path": f"{i}.wav", "text": i, "speaker": i} for i in range(3)]
    split = read_manifest(write(tmp_path / name, rows))
    assert split.transcripts == ["0", "1", "2"]
    assert split.speakers == ["0", "1", "2"]


@pytest.mark.parametrize("value", [["one", "two"], {"one": 1}])
def test_a_transcript_that_is_no_text_is_refused(tmp_path, value):
    path = write(tmp_path / "a.jsonl", [{"path": "1.wav", "text": value}])
    with pytest.raises(DatasetError, match=rf"a\.jsonl.*{type(value).__name__}"):
        read_manifest(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_transcript_that_is_not_there_is_silence(tmp_path, name, caplog):
    rows = [{"path": "1.wav", "text": "one"}, {"path": "2.wav", "text": None}]
    assert read_manifest(write(tmp_path / name, rows)).transcripts == ["one", ""]
    assert "1 of 2 transcripts are empty, the first is that of row 2 (2.wav)" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "must have rows; it is empty"),
        ("a.csv", b"path,text\n", "must have rows; it has none"),
        ("a.jsonl", b"\n\n", "must have rows"),
        ("a.jsonl", b'{"path": "1", "text": "a"}\n{"path"\n', "line 2 must be one JSON object"),
        ("a.jsonl", b'["1.wav", "one"]\n', "line 1 must be one JSON object"),
        ("a.csv", b"path,text\n1.wav,caf\xe9\n", "must be UTF-8; got byte 0xe9 in line 2"),
        ("a.parquet", b"PAR1 and no more", "must be a whole Parquet file"),
        ("a.parquet.gz", b"\x1f\x8b\x08", "must be whole"),
    ],
)
def test_a_damaged_table_is_told(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=rf"{re.escape(name)}:.*{message}"):
        read_manifest(tmp_path / name)


def test_a_parquet_file_cut_short_is_told(tmp_path):
    path = write(tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetError, match=r"a\.parquet: it must be a whole Parquet file"):
        read_manifest(path)


def test_a_table_that_is_missing_is_told(tmp_path):
    write(tmp_path / "calls.csv")
    with pytest.raises(DatasetError, match=r"did you mean `calls\.csv`"):
        read_manifest(tmp_path / "call.csv")


@pytest.fixture
def folder(tmp_path):
    """Sounds beside their texts, in a folder and one within."""
    for name, text in {"b.wav": "two  words\n", "a.FLAC": "\ufeff一", "c/d.e.ogg": "three"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / "d.wav").mkdir()
    return tmp_path


def test_pairs_are_read_from_folders_within_in_order(folder):
    split = read_pairs(folder)
    assert split.audio == [folder / "a.FLAC", folder / "b.wav", folder / "c" / "d.e.ogg"]
    assert split.names == ["a.FLAC", "b.wav", "c/d.e.ogg"]
    assert split.transcripts == ["一", "two words", "three"]
    assert split.speakers is None
    assert split.audio == sounds_in(folder)


def test_sounds_are_in_order_however_the_folder_has_them(tmp_path):
    names = [f"{number * 37 % 101:03}.wav" for number in range(101)]
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in sounds_in(tmp_path)] == sorted(names)


def test_a_sound_without_its_text_is_told_unless_none_is_needed(folder):
    (folder / "c" / "d.e.txt").unlink()
    with pytest.raises(DatasetError, match=r"d\.e\.ogg: its transcript .* in d\.e\.txt; there is"):
        read_pairs(folder)
    split = read_pairs(folder, labelled=False)
    assert (len(split), split.transcripts) == (3, None)


def test_a_text_that_is_not_utf_8_is_told(folder):
    (folder / "b.txt").write_bytes(b"one\ncaf\xe9")
    with pytest.raises(DatasetError, match=r"b\.txt: .* UTF-8; got byte 0xe9 in line 2"):
        read_pairs(folder)


def test_a_folder_without_sounds_is_told(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(DatasetError, match=r"must hold recordings \(\.wav, .*\); got none"):
        read_pairs(tmp_path)


def by_word(folder, **counts):
    """Empty sound files in a folder for each word."""
    for word, count in counts.items():
        (folder / word).mkdir(parents=True)
        for number in range(count):
            (folder / word / f"{number}.wav").touch()
    return folder


def test_a_folder_for_each_word_says_what_is_said(tmp_path):
    folder = by_word(tmp_path / "commands", yes=2, no=1, _background_noise_=1)
    (folder / "no" / "deep").mkdir()
    (folder / "no" / "deep" / "x.flac").touch()
    (folder / "README.md").touch()
    assert is_by_word(folder)
    split = read_words(folder)
    assert split.transcripts == ["", "no", "no", "yes", "yes"]
    assert split.names[:2] == ["_background_noise_/0.wav", "no/0.wav"]
    assert not is_by_word(tmp_path)  # whose sounds all lie deeper
    assert not is_by_word(folder / "yes")


def test_a_text_or_a_sound_outside_makes_it_a_folder_of_pairs(tmp_path):
    folder = by_word(tmp_path / "a", yes=2, no=1)
    (folder / "yes" / "1.txt").write_text("yes")
    assert not is_by_word(folder)
    with pytest.raises(DatasetError, match=r"its transcript must stand beside it in 0\.txt"):
        read_pairs(folder)
    other = by_word(tmp_path / "b", yes=2, no=1)
    (other / "c.wav").touch()
    assert not is_by_word(other)
