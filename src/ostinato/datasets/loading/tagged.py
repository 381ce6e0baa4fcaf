"""From whatever names a set of tagged sentences to its splits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError
from ostinato._kinds import TAGGED, Written
from ostinato.datasets.dataset import Cut
from ostinato.datasets.files import check_file, format_of, open_binary
from ostinato.datasets.loading.splits import check_source, find_splits, read_registered, with_files
from ostinato.datasets.readers.tagged.conll import Column, is_conllu, read_columns, read_conllu
from ostinato.datasets.readers.tagged.hugging_face import tagged_from_hugging_face
from ostinato.datasets.readers.tagged.json_rows import TAG_NAMES, has_tokens, read_rows
from ostinato.datasets.readers.tagged.tables import is_table_of_tokens, read_table
from ostinato.datasets.readers.texts.files import FORMATS as TABLES
from ostinato.datasets.records.tagged import Tagged
from ostinato.datasets.registry import REGISTRY


def load_tagged(
    source: str | Path | Any,
    *,
    column: Column | None = None,
    token_column: Column | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
    cut: Cut | None = None,
) -> dict[str, Tagged]:
    """Load the tagged splits of a data set.

    Args:
        source: Name of a registered data set; a file as :func:`read_tagged` takes it (it is train); or
            a folder with such files named train, dev (valid, validation) and test; or a Hugging Face
            ``datasets`` object with tokens and tags.
        column: Column of the tags, if not the usual one.
        token_column: Column of the tokens, if not the usual one.
        delimiter: What separates the fields of csv; None to find out.
        encoding: Encoding of the text, if it is not UTF-8.
        validation: File to use as the validation split.
        test: File to use as the test split.
        cut: Tokeniser of texts with spans of characters.

    Returns:
        ``"train"`` and, where there, ``"validation"`` and ``"test"``.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.

    Example:
        >>> {name: len(split.sentences) for name, split in load_tagged("samples-tag").items()}
        {'train': 2000, 'validation': 300, 'test': 500}
    """
    read_file = partial(
        read_tagged,
        column=column,
        token_column=token_column,
        delimiter=delimiter,
        encoding=encoding,
        cut=cut,
    )
    if not isinstance(source, (str, Path)):
        splits = tagged_from_hugging_face(source, column, TAG_NAMES, token_column)
    elif source in REGISTRY:
        splits = _read_registered(str(source), column, token_column, cut)
    else:
        path = Path(source).expanduser()
        check_source(path)
        paths = find_splits(path, _FORMATS) if path.is_dir() else {"train": path}
        splits = {split: read_file(path) for split, path in paths.items()}
    return with_files(splits, read_file, validation=validation, test=test)


_JSON = (".jsonl", ".ndjson", ".json")
_TABLES = (".csv", ".tsv")
_FORMATS = "in columns, .conllu, .json, .jsonl or .csv"
_OTHER = (
    *(".xml", ".html", ".htm", ".yaml", ".yml", ".toml", ".md", ".rst", ".py", ".ipynb", ".tex"),
    *(".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ods", ".zip", ".tar", ".7z"),
    *(".rar", ".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".arrow", ".parquet", ".spacy"),
    *(".ann", ".a1", ".bin", ".safetensors", ".h5", ".db", ".sqlite", ".png", ".jpg", ".wav"),
    ".mp3",
)
"""Endings of files that are no columns, whatever a line of them looks like."""


def _read_registered(
    name: str, column: Column | None, token_column: Column | None, cut: Cut | None
) -> dict[str, Tagged]:
    if token_column is not None:
        raise DatasetError(
            f"Data set {name}: its tokens stand where they stand; got token_column "
            f"`{token_column}`. Leave it out."
        )
    splits: dict[str, Tagged] = read_registered(name, TAGGED, column, cut)
    return splits


def read_tagged(
    path: str | Path,
    *,
    column: Column | None = None,
    token_column: Column | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    cut: Cut | None = None,
    labelled: bool = True,
) -> Tagged:
    r"""Read one file of tagged sentences.

    A .jsonl (ndjson, json) file has tokens and tags, or texts and spans; a .csv file, or a .tsv file
    whose first line names a column of sentences, has a token or a sentence a row; a .conllu file, or
    one with the ten fields of such a file, is read as CoNLL-U; anything else that is text is a file of
    columns, the token first.
    Each may be compressed as .gz, .bz2, .xz or .zst. Text is UTF-8.

    Args:
        path: The file.
        column: Name of the tags' column, or its number, counted from 1. None for the last column of a
            file of columns, upos in CoNLL-U, and the usual names in JSON Lines.
        token_column: Column of the tokens, by name or number: None for the first one of a file of
            columns (or the second, if the first counts 1, 2, 3), form in CoNLL-U, and the usual names
            in JSON Lines.
        delimiter: What separates the fields of csv; None to find out.
        encoding: Encoding of the text, if it is not UTF-8.
        cut: Tokeniser of texts with spans of characters: a function from a text to its tokens, each
            with the character it starts at and the one it ends before.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.

    Example:
        >>> path = getfixture("tmp_path") / "eng.train"
        >>> _ = path.write_text("Angela NNP B-PER\nsings VBZ O\n")
        >>> read_tagged(path).tags, read_tagged(path, column=2).tags
        ([['B-PER', 'O']], [['NNP', 'VBZ']])
    """
    path = Path(path)
    suffix = format_of(path)[0]
    name, token = (None if one is None else str(one) for one in (column, token_column))
    if suffix in _JSON:
        return read_rows(
            path, name, cut=cut, labelled=labelled, token_column=token, encoding=encoding
        )
    if suffix in _TABLES and (suffix == ".csv" or is_table_of_tokens(_first_fields(path))):
        written = Written(delimiter=delimiter, encoding=encoding)
        return read_table(path, name, labelled=labelled, token_column=token, written=written)
    if encoding is None:
        _check_columns(path, suffix)
    read = read_conllu if suffix == ".conllu" or is_conllu(path) else read_columns
    return read(path, column, labelled=labelled, token_column=token_column, encoding=encoding)


def _first_fields(path: Path, delimiter: str = "\t") -> list[str]:
    with open_binary(path) as stream:
        line = stream.readline(1 << 16).decode("utf-8-sig", "replace")
    return [field.strip('\r\n "') for field in line.split(delimiter)]


def _check_columns(path: Path, suffix: str) -> None:
    """Raise DatasetError if a file is of another kind than text in columns, by its name or its content."""
    check_file(path)
    with open_binary(path) as stream:
        begin = stream.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip()
    what = f"a {suffix} file" if suffix in _OTHER else ""
    if b"\0" in begin:
        what = what or "a binary file"
    elif begin[:1] in (b"{", b"[") and b'":' in begin:
        what = "JSON; name it .json or .jsonl"
    elif begin.startswith((b"<?xml", b"<!DOCTYPE", b"<html", b"{\\rtf", b"%PDF")):
        what = what or "markup"
    if what:
        raise DatasetError(
            f"{path}: tagged sentences must come {_FORMATS}; got {what}. Convert it: a token and its "
            "tag a line, an empty line after each sentence."
        )


def holds_tokens(path: str | Path) -> bool:
    r"""Tell by name and first row whether the sentences of a file are cut into tokens.

    Args:
        path: The file.

    Raises:
        DatasetError: The file cannot be read.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"text": "Hi Al"}\n')
        >>> holds_tokens(path), holds_tokens("notes.txt"), holds_tokens("eng.testa")
        (False, False, True)
    """
    suffix = format_of(Path(path))[0]
    if suffix in _JSON:
        return has_tokens(Path(path))
    if suffix in _TABLES:
        fields = _first_fields(Path(path), "," if suffix == ".csv" else "\t")
        return is_table_of_tokens(fields, labelled=False)
    return suffix not in TABLES
