"""Texts cut into words or characters: the kinds of tokenizer that learn a vocabulary."""

from __future__ import annotations

import functools
import hashlib
import re
import warnings
from abc import ABC, abstractmethod
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from tokenizers import PreTokenizedString, Regex, normalizers, pre_tokenizers

from ostinato._errors import ConfigError
from ostinato._rules import check_tokenizer
from ostinato.datasets.cache import cached

Span: TypeAlias = tuple[str, int, int]
"""A token as it stands in the vocabulary, and where its characters begin and end in the text."""

_BREAK = r"<[bB][rR][ \t\r\n]*/?>"
_NOT = r"[nN]'[tT]\b"
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}"
_WORD = (
    r"[0-9]+(?:[.,][0-9]+)+"
    r"|[nN]'[tT]"
    r"|'(?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL])\b"
    r"|%s"
    r"|\.{3}|--"
    r"|[^\s]"
)
_UNICODE_WORD = _WORD % rf"[{_CJK}]|[[\p{{L}}\p{{M}}\p{{N}}]&&[^{_CJK}]]+"
_LOCAL = r"[a-zA-Z0-9_.+-]"
_KEPT = (  # as tokens of their own, their points with them
    r"https?://[^\s]+|www\.[^\s]+"
    rf"|(?<!{_LOCAL}){_LOCAL}+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+"  # tried once in a run: linear
    r"|(?:[a-zA-Z]\.){2,}"
    r"|\b(?i:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Inc|Corp|Co|Ltd|Bros|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|vs"
    r"|Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.|"
)
_ASCII_LETTERS = "[a-zA-Z0-9]+"
_SURROGATES = re.compile("[\ud800-\udfff]")


class Splitter(ABC):
    """Abstract base: cuts a text into tokens as they stand in the vocabulary.

    Args:
        lowercase: Tokens are lower-cased.
    """

    kind: str
    library: str | None = None
    """Name and version of the library that decides where to cut; None if that is decided here."""

    def __init__(self, *, lowercase: bool) -> None:
        self.lowercase = lowercase

    @abstractmethod
    def words(self, text: str) -> list[str]:
        """Return the tokens of a text."""

    @abstractmethod
    def spans(self, text: str) -> list[Span]:
        """Return the same tokens, and for each the characters of ``text`` that it stands for."""

    def pipeline(self) -> tuple[normalizers.Normalizer | None, pre_tokenizers.PreTokenizer]:
        """Return the two stages of a ``tokenizers.Tokenizer`` that precede its vocabulary."""
        return None, pre_tokenizers.WhitespaceSplit()  # takes tokens that are cut already


class _RegexSplitter(Splitter):
    """Abstract base: regular expressions, run by Python on ASCII, else by ``tokenizers``.

    Python's are several times as fast; both mean the same on ASCII, where neither the version of
    Unicode nor an engine's view of it matters.
    """

    def __init__(self, *, lowercase: bool) -> None:
        super().__init__(lowercase=lowercase)
        self._normalizer, self._pre_tokenizer = self.pipeline()

    def words(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        return self._ascii(text) if text.isascii() else [word for word, _, _ in self.spans(text)]

    def spans(self, text: str) -> list[Span]:
        """Return the tokens of a text with their places."""
        pieces = PreTokenizedString(well_formed(text))
        pieces.normalize(self._normalizer.normalize)
        self._pre_tokenizer.pre_tokenize(pieces)
        splits = pieces.get_splits(offset_referential="original", offset_type="char")
        return [(word, start, end) for word, (start, end), _ in splits]

    @abstractmethod
    def pipeline(self) -> tuple[normalizers.Normalizer, pre_tokenizers.PreTokenizer]: ...

    @abstractmethod
    def _ascii(self, text: str) -> list[str]: ...


class WordSplitter(_RegexSplitter):
    """Words, numbers, marks; contractions as in the Penn Treebank; single Han and kana.

    Args:
        lowercase: Tokens are lower-cased.

    Example:
        >>> WordSplitter(lowercase=True).words("It isn't 8.5...<br />電影 rocks!")
        ['it', 'is', "n't", '8.5', '...', '電', '影', 'rocks', '!']
    """

    kind = "word"
    unicode_word = _UNICODE_WORD
    ascii_word = _WORD % _ASCII_LETTERS

    def __init__(self, *, lowercase: bool) -> None:
        super().__init__(lowercase=lowercase)
        self._ascii_word = re.compile(self.ascii_word, re.ASCII)

    def pipeline(self) -> tuple[normalizers.Normalizer, pre_tokenizers.PreTokenizer]:
        """Return the cuts at tags, at ``n't``, and then around words and marks."""
        straight = normalizers.Replace("\u2019", "'")
        stages = [straight, normalizers.Lowercase()] if self.lowercase else [straight]
        cuts = [
            pre_tokenizers.Split(Regex(_BREAK), "removed"),
            pre_tokenizers.Split(Regex(_NOT), "isolated"),
            pre_tokenizers.Split(Regex(self.unicode_word), "removed", invert=True),
        ]
        return normalizers.Sequence(stages), pre_tokenizers.Sequence(cuts)

    def words(self, text: str) -> list[str]:
        """Return the tokens of a text; only what is not ASCII between two spaces takes longer."""
        if "<" in text:
            text = _ASCII_BREAK.sub(" ", text)
        if text.isascii():
            return self._ascii(text)
        words, done = [], 0
        for part in _NOT_ASCII.finditer(text):
            start = 1 + max(text.rfind(space, done, part.start()) for space in " \n\t")
            start = max(start, done)
            words += self._ascii(text[done:start])
            words += super().words(text[start : part.end()])
            done = part.end()
        return words + self._ascii(text[done:])

    def _ascii(self, text: str) -> list[str]:
        if self.lowercase:
            text = _ASCII_NOT.sub(" n't ", text.lower())
        else:
            text = _ASCII_NOT.sub(r" \g<0> ", text)
        return self._ascii_word.findall(text)


class TreebankSplitter(WordSplitter):
    """Words as above, but addresses and English abbreviations stay whole, as in treebanks.

    Args:
        lowercase: Tokens are lower-cased.

    Example:
        >>> TreebankSplitter(lowercase=False).words("Mr. Lee of the U.S. isn't here.")
        ['Mr.', 'Lee', 'of', 'the', 'U.S.', 'is', "n't", 'here', '.']
    """

    kind = "treebank"
    unicode_word = _KEPT + _UNICODE_WORD
    ascii_word = _KEPT + _WORD % _ASCII_LETTERS


class CharSplitter(_RegexSplitter):
    """Characters; white space and line breaks in a row are one space.

    Args:
        lowercase: Tokens are lower-cased.

    Example:
        >>> CharSplitter(lowercase=True).words("Ok  好")
        ['o', 'k', ' ', '好']
    """

    kind = "char"

    def pipeline(self) -> tuple[normalizers.Normalizer, pre_tokenizers.PreTokenizer]:
        """Return the cut after each character."""
        spaces = normalizers.Replace(Regex(rf"(?:\s|{_BREAK})+"), " ")
        stages = [spaces, normalizers.Lowercase()] if self.lowercase else [spaces]
        cut = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        return normalizers.Sequence(stages), cut

    def spans(self, text: str) -> list[Span]:
        """Return the characters with their places; a space stands for all white space there."""
        spans, done = [], 0
        for word, start, end in super().spans(text):
            spans.append((word, min(start, done), end))
            done = end
        return spans

    def _ascii(self, text: str) -> list[str]:
        text = _ASCII_SPACES.sub(" ", text)
        return list(text.lower() if self.lowercase else text)


class SpacySplitter(Splitter):
    """Tokens of spaCy's blank pipeline of a language.

    Args:
        lowercase: Tokens are lower-cased.
        language: Code of the language, such as ``en`` or ``de``.

    Raises:
        ConfigError: spaCy is not installed, or has no such language.
    """

    def __init__(self, *, lowercase: bool, language: str = "en") -> None:
        super().__init__(lowercase=lowercase)
        self._tokenizer = load_spacy(language)
        self.kind = f"spacy:{language}"
        self.library = f"spacy {metadata.version('spacy')}"

    def words(self, text: str) -> list[str]:
        """Return spaCy's tokens that are not white space."""
        tokens = self._tokenizer(_blanked(text))
        if self.lowercase:
            return [token.lower_ for token in tokens if not token.is_space]
        return [token.text for token in tokens if not token.is_space]

    def spans(self, text: str) -> list[Span]:
        """Return the same tokens with their places."""
        return [
            (token.lower_ if self.lowercase else token.text, token.idx, token.idx + len(token))
            for token in self._tokenizer(_blanked(text))
            if not token.is_space
        ]


class JiebaSplitter(Splitter):
    """Chinese words of jieba, with its own dictionary.

    Args:
        lowercase: Tokens are lower-cased.

    Raises:
        ConfigError: jieba is not installed.
    """

    kind = "jieba"

    def __init__(self, *, lowercase: bool) -> None:
        super().__init__(lowercase=lowercase)
        self._tokenizer = load_jieba()
        self.library = f"jieba {metadata.version('jieba')}"

    def words(self, text: str) -> list[str]:
        """Return jieba's words that are not white space."""
        return [word for word, _, _ in self.spans(text)]

    def spans(self, text: str) -> list[Span]:
        """Return the same words with their places."""
        tokens, place = [], 0
        for piece in self._tokenizer.cut(_blanked(text)):
            if not piece.isspace():
                word = piece.lower() if self.lowercase else piece
                tokens.append((word, place, place + len(piece)))
            place += len(piece)
        return tokens


def make_splitter(kind: str, *, lowercase: bool) -> Splitter:
    """Make the splitter of a kind.

    Args:
        kind: ``word``, ``treebank``, ``char``, ``spacy``, ``spacy:LANGUAGE`` or ``jieba``.
        lowercase: Tokens are lower-cased.

    Raises:
        ConfigError: The kind is unknown, or its library is not installed.

    Example:
        >>> make_splitter("char", lowercase=False).words("Ah")
        ['A', 'h']
    """
    check_tokenizer(kind)
    name, _, language = kind.partition(":")
    if name == "spacy":
        return SpacySplitter(lowercase=lowercase, language=language or "en")
    simple: dict[str, type[WordSplitter | CharSplitter | JiebaSplitter]] = {
        "word": WordSplitter,
        "treebank": TreebankSplitter,
        "char": CharSplitter,
        "jieba": JiebaSplitter,
    }
    return simple[kind](lowercase=lowercase)


def well_formed(text: str) -> str:
    """Put U+FFFD for lone surrogates, which UTF-8 cannot hold; places stay.

    Example:
        >>> well_formed("a" + chr(0xD800))
        'a\ufffd'
    """
    return _SURROGATES.sub("\ufffd", text)


@functools.cache
def load_spacy(language: str) -> Any:
    """Load the tokenizer of spaCy's blank pipeline of a language, once in a process.

    Raises:
        ConfigError: spaCy is not installed, or has no such language.
    """
    try:
        import spacy
    except ImportError as error:
        raise _missing("spacy", "spacy") from error
    try:
        return spacy.blank(language).tokenizer
    except ImportError as error:
        raise ConfigError(
            f"Tokenizer: kind `spacy:{language}` must name a language of spaCy that is "
            f"installed; got {error}. Take `spacy:en`, or `spacy:xx` for any language."
        ) from error


@functools.cache
def load_jieba() -> Any:
    """Load jieba with its own dictionary, once in a process; it takes a second.

    What it makes of the dictionary is kept in our cache. By itself jieba reads ``jieba.cache`` of the
    folder for temporary files, whoever put it there, in a format that can end the process.

    Raises:
        ConfigError: jieba is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its sources have escapes that Python warns of
        try:
            import jieba
        except ImportError as error:
            raise _missing("jieba", "chinese") from error
    jieba.setLogLevel("WARNING")
    tokenizer = jieba.Tokenizer()
    digest = hashlib.sha256()
    with tokenizer.get_dict_file() as dictionary:
        while block := dictionary.read(1 << 20):
            digest.update(block)

    def make(folder: Path) -> None:
        first = jieba.Tokenizer()
        first.tmp_dir = str(folder)
        first.initialize()

    tokenizer.tmp_dir = str(cached("jieba", digest.hexdigest(), make))
    tokenizer.initialize()
    return tokenizer


def _missing(package: str, extra: str) -> ConfigError:
    return ConfigError(
        f"Tokenizer: kind `{package}` must have the package {package}; it is not installed. "
        f"Run pip install 'ostinato[{extra}]'."
    )


def _blanked(text: str) -> str:
    """Put spaces over line-break tags, as many as there were characters, so that places stay."""
    return _ASCII_BREAK.sub(lambda tag: " " * len(tag[0]), well_formed(text))


_ASCII_BREAK = re.compile(_BREAK, re.ASCII)
_ASCII_NOT = re.compile(_NOT, re.ASCII)
_ASCII_SPACES = re.compile(rf"(?:\s|{_BREAK})+", re.ASCII)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]\S*", re.ASCII)
