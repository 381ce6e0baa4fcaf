"""Tokenizers: from texts to columns of token ids, saved as a Hugging Face ``tokenizer.json``."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tokenizers
from tokenizers import models

from ostinato._config import check_range
from ostinato._errors import CheckpointError, ConfigError, did_you_mean
from ostinato._files import parse_json, read_json, write_json, write_text
from ostinato._rules import is_tokenizer_file
from ostinato.data.ragged import Ragged
from ostinato.text.foreign import backend_of, panics_as_errors
from ostinato.text.splitters import Splitter, make_splitter, well_formed
from ostinato.text.vocabulary import UNK, learn, text_chunks

logger = logging.getLogger("ostinato")

_FILE = "tokenizer.json"
_CONFIG_FILE = "tokenizer_config.json"
_UNK_NAMES = (UNK, "[UNK]", "<|unk|>", "unk")

Ids: TypeAlias = npt.NDArray[np.int32]
Encoded: TypeAlias = tuple[Ids, list[str], list[tuple[int, int]]]


class Tokenizer(ABC):
    """Abstract base of the tokenizers, and the place that makes them: `fit` and `load`.

    Example:
        >>> tokenizer = Tokenizer.fit(["A good film.", "A bad film."], min_freq=2)
        >>> tokenizer.vocabulary
        ['<unk>', '.', 'a', 'film']
        >>> [row.tolist() for row in tokenizer.encode(["A film!", ""])]
        [[2, 3, 0], [0]]
    """

    kind: str
    vocabulary: list[str]
    unk_id: int

    @staticmethod
    def fit(
        texts: Iterable[str],
        *,
        kind: str | Path = "word",
        lowercase: bool = True,
        min_freq: int = 10,
        max_size: int | None = None,
    ) -> Tokenizer:
        """Learn a vocabulary: ``<unk>``, then tokens by falling frequency, ties alphabetical.

        Args:
            texts: Training texts.
            kind: ``word``, ``treebank`` (words, abbreviations whole), ``char``, ``spacy``
                (English), ``spacy:LANGUAGE``, ``jieba``, or the path of a Hugging Face
                ``tokenizer.json``, which has its own vocabulary already.
            lowercase: Lower-case the tokens.
            min_freq: Keep tokens that occur this often.
            max_size: Most entries of the vocabulary, ``<unk>`` among them.

        Returns:
            The fitted tokenizer.

        Raises:
            ConfigError: A setting is outside its rule, or the package of a kind is missing.
            DatasetError: There is no text, one is not a string, or no token is frequent enough.

        Example:
            >>> Tokenizer.fit(["好電影"], kind="char", min_freq=1).vocabulary
            ['<unk>', '好', '影', '電']
        """
        if is_tokenizer_file(kind):
            return read_foreign(Path(kind))
        return Tokenizer.fit_encode(
            texts, kind=kind, lowercase=lowercase, min_freq=min_freq, max_size=max_size
        )[0]

    @staticmethod
    def fit_encode(
        texts: Iterable[str],
        *,
        kind: str | Path = "word",
        lowercase: bool = True,
        min_freq: int = 10,
        max_size: int | None = None,
    ) -> tuple[Tokenizer, Ragged]:
        """Do `fit` and then `encode` of the same texts, cutting each text only once."""
        if is_tokenizer_file(kind):
            tokenizer = read_foreign(Path(kind))
            return tokenizer, tokenizer.encode(texts)
        check_range("Tokenizer", "min_freq", min_freq, low=1)
        check_range("Tokenizer", "max_size", max_size, low=2)
        splitter = make_splitter(str(kind), lowercase=lowercase)
        vocabulary, column = learn(splitter, texts, min_freq=min_freq, max_size=max_size)
        return WordTokenizer(splitter, vocabulary), column

    @staticmethod
    def load(folder: str | Path) -> Tokenizer:
        """Restore what `save` wrote; a folder with only a ``tokenizer.json`` will also do.

        Args:
            folder: Folder of the files.

        Raises:
            CheckpointError: A file is missing, cut short or of another shape.
            ConfigError: The package of the tokenizer's kind is missing.
        """
        folder = Path(folder)
        content = read_json(folder / _FILE)
        config = read_json(folder / _CONFIG_FILE) if (folder / _CONFIG_FILE).exists() else {}
        try:
            own = config.get("ostinato")
            if own is None:
                return HuggingFaceTokenizer(backend_of(content))
            splitter = make_splitter(own["kind"], lowercase=own["lowercase"])
            places = content["model"]["vocab"]
            if sorted(places.values()) != list(range(len(places))):
                raise ValueError("its ids have gaps")
            restored = WordTokenizer(splitter, sorted(places, key=places.__getitem__))
            if not restored.reads_like(content):  # made by a version with other rules: keep those
                return HuggingFaceTokenizer(backend_of(content))
        except ConfigError:
            raise
        except Exception as error:  # the Rust library raises plain Exception
            raise CheckpointError(
                f"{folder / _FILE}: must be a tokenizer written by ostinato or Hugging Face "
                f"tokenizers; got {type(error).__name__}: {str(error)[:200]}. Copy it anew."
            ) from error
        if own["library"] != splitter.library:
            logger.warning(
                "%s: fitted with %s, read with %s; some texts may be cut otherwise.",
                folder, own["library"], splitter.library,
            )  # fmt: skip
        return restored

    def __len__(self) -> int:
        return len(self.vocabulary)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that the ids depend on."""
        return hashlib.sha256(self._identity().encode()).hexdigest()

    def encode(self, texts: Iterable[str]) -> Ragged:
        """Return the token ids of each text, int32; a text without tokens is one unknown token.

        Args:
            texts: Texts; they are read once, some at a time.

        Raises:
            DatasetError: A text is not a string.
        """
        chunks = text_chunks(texts)
        return Ragged.from_rows(row for chunk in chunks for row in self._encode_chunk(chunk))

    def words(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yield the tokens of each text, those that are not in the vocabulary too.

        Args:
            texts: Texts; they are read once, some at a time.

        Raises:
            DatasetError: A text is not a string.

        Example:
            >>> list(Tokenizer.fit(["A film"], min_freq=1).words(["A strange film"]))
            [['a', 'strange', 'film']]
        """
        return (words for chunk in text_chunks(texts) for words in self._words_of(chunk))

    def encode_with_offsets(self, text: str) -> Encoded:
        """Return the ids of one text, its tokens as written, and the characters of each.

        Returns:
            ids: As `encode` gives them.
            tokens: ``text[start:end]`` of each.
            offsets: ``(start, end)`` of each.

        Example:
            >>> tokenizer = Tokenizer.fit(["İt's good"], min_freq=1)
            >>> tokenizer.encode_with_offsets("Good <br /> İt")[1:]
            (['Good', 'İt'], [(0, 4), (12, 14)])
        """
        ids, offsets = self._encode_places(next(text_chunks([text]))[0])
        if not ids:
            ids, offsets = [self.unk_id], [(0, 0)]
        tokens = [text[start:end] for start, end in offsets]
        return np.array(ids, np.int32), tokens, offsets

    def unknown_rate(self, column: Ragged) -> float:
        """Return the share of the tokens of an encoded column that are not in the vocabulary."""
        if len(column.values) == 0:
            return 0.0
        return float(np.count_nonzero(column.values == self.unk_id) / len(column.values))

    def unknown_rows(self, column: Ragged) -> npt.NDArray[np.bool_]:
        """Return which rows of an encoded column have no token of the vocabulary, ``(rows,)``."""
        known = np.cumsum(np.concatenate([[0], column.values != self.unk_id]))
        return np.asarray(known[column.offsets[1:]] == known[column.offsets[:-1]])

    def save(self, folder: str | Path) -> None:
        """Write ``tokenizer.json``, and beside it what Hugging Face and `load` need to know."""
        folder = Path(folder)
        write_text(folder / _FILE, self._to_json())
        write_json(folder / _CONFIG_FILE, self._config())

    @abstractmethod
    def _words_of(self, texts: list[str]) -> Iterator[list[str]]: ...

    @abstractmethod
    def _encode_chunk(self, texts: list[str]) -> Iterator[Ids]: ...

    @abstractmethod
    def _encode_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]: ...

    @abstractmethod
    def _to_json(self) -> str: ...

    @abstractmethod
    def _config(self) -> dict[str, Any]: ...

    @abstractmethod
    def _identity(self) -> str: ...


class WordTokenizer(Tokenizer):
    """A splitter and the vocabulary learnt with it.

    Args:
        splitter: Cuts the texts.
        vocabulary: Token of each id; that of id 0 is ``<unk>``.

    Example:
        >>> from ostinato.text.splitters import WordSplitter
        >>> WordTokenizer(WordSplitter(lowercase=True), ["<unk>", "good"]).encode(["So good"])[0]
        array([0, 1], dtype=int32)
    """

    unk_id = 0

    def __init__(self, splitter: Splitter, vocabulary: list[str]) -> None:
        if vocabulary[:1] != [UNK]:
            raise ConfigError(
                f"WordTokenizer: vocabulary must begin with {UNK}; got {vocabulary[:1]}."
            )
        self.kind = splitter.kind
        self.lowercase = splitter.lowercase
        self.vocabulary = vocabulary
        self._splitter = splitter
        self._ids = {word: place for place, word in enumerate(vocabulary)}

    def reads_like(self, content: dict[str, Any]) -> bool:
        """Tell whether a ``tokenizer.json`` cuts texts as this tokenizer does."""
        own = json.loads(_with_vocabulary(self._splitter, {UNK: 0}).to_str())
        return all(own[stage] == content[stage] for stage in ("normalizer", "pre_tokenizer"))

    def _words_of(self, texts: list[str]) -> Iterator[list[str]]:
        return map(self._splitter.words, texts)

    def _encode_chunk(self, texts: list[str]) -> Iterator[Ids]:
        for text in texts:
            words = self._splitter.words(text) or (UNK,)
            yield np.fromiter(map(self._ids.get, words, repeat(0)), np.int32, len(words))

    def _encode_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        spans = self._splitter.spans(text)
        return [self._ids.get(word, 0) for word, _, _ in spans], [span[1:] for span in spans]

    def _to_json(self) -> str:
        return _with_vocabulary(self._splitter, self._ids).to_str()

    def _config(self) -> dict[str, Any]:
        splitter = self._splitter
        own = {"kind": self.kind, "lowercase": self.lowercase, "library": splitter.library}
        return {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": UNK, "ostinato": own}

    def _identity(self) -> str:
        return json.dumps([signature(self._splitter), self.vocabulary])


class HuggingFaceTokenizer(Tokenizer):
    """A tokenizer of the ``tokenizers`` library with its own rules and vocabulary.

    No special tokens are added, and nothing is cut off or padded.

    Args:
        backend: The library's tokenizer.
    """

    kind = "huggingface"

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        backend.no_truncation()
        backend.no_padding()
        places = backend.get_vocab(with_added_tokens=True)
        self.vocabulary = [""] * (max(places.values(), default=0) + 1)
        for token, place in places.items():
            self.vocabulary[place] = token
        own = getattr(backend.model, "unk_token", None)
        known = [places[name] for name in (own, *_UNK_NAMES) if name in places]
        self.unk_id = known[0] if known else 0
        self._has_unk = bool(known)
        self._backend = backend

    def unknown_rate(self, column: Ragged) -> float:
        """Return the share of unknown tokens: none where the vocabulary covers every byte."""
        return super().unknown_rate(column) if self._has_unk else 0.0

    def unknown_rows(self, column: Ragged) -> npt.NDArray[np.bool_]:
        """Return which rows have no known token: none where the vocabulary covers every byte."""
        return super().unknown_rows(column) & self._has_unk

    def _words_of(self, texts: list[str]) -> Iterator[list[str]]:
        return ([self.vocabulary[token] for token in ids] for ids in self._encode_chunk(texts))

    def _encode_chunk(self, texts: list[str]) -> Iterator[Ids]:
        whole = [well_formed(text) for text in texts]
        with panics_as_errors("tokenizer.json"):
            encodings = self._backend.encode_batch_fast(whole, add_special_tokens=False)
        for encoding in encodings:
            yield np.array(encoding.ids or [self.unk_id], np.int32)

    def _encode_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        with panics_as_errors("tokenizer.json"):
            encoding = self._backend.encode(well_formed(text), add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _to_json(self) -> str:
        return self._backend.to_str()

    def _config(self) -> dict[str, Any]:
        unk = self.vocabulary[self.unk_id] if self._has_unk else None
        return {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": unk}

    def _identity(self) -> str:
        return self._to_json()


def signature(splitter: Splitter) -> str:
    """Return all that the cuts of a splitter depend on: equal signatures give equal tokens."""
    pipeline = _with_vocabulary(splitter, {UNK: 0}).to_str()
    return json.dumps([splitter.kind, splitter.lowercase, splitter.library, pipeline])


def read_foreign(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json`` of any Hugging Face tokenizer, or the one in a folder.

    Args:
        path: The file or its folder.

    Raises:
        ConfigError: It is missing or not such a file.
    """
    file = path / _FILE if path.is_dir() else path
    if not file.is_file():
        names = [other.name for other in file.parent.glob("*.json")] if file.parent.is_dir() else []
        raise ConfigError(
            f"Tokenizer: kind must name an existing tokenizer.json; {file} is not there"
            f"{did_you_mean(file.name, names) or '.'}"
        )
    try:
        return HuggingFaceTokenizer(backend_of(parse_json(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, CheckpointError) as error:
        raise ConfigError(
            f"Tokenizer: {file} must be a tokenizer.json of Hugging Face tokenizers; got {str(error)[:200]}. "
            "Save it anew with its tokenizer's save_pretrained."
        ) from error


def _with_vocabulary(splitter: Splitter, ids: dict[str, int]) -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(models.WordLevel(ids, unk_token=UNK))
    normalizer, pre_tokenizer = splitter.pipeline()
    if normalizer is not None:
        backend.normalizer = normalizer
    backend.pre_tokenizer = pre_tokenizer
    return backend
