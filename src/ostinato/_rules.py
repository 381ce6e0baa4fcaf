"""The ranges of the settings that one task alone has, for estimators and for the command line."""

from __future__ import annotations

from pathlib import Path

from ostinato._config import check_range
from ostinato._errors import ConfigError, did_you_mean, named, package_of_extra, shown

_LEAST: dict[str, dict[str, int]] = {
    "TextClassifier": {
        **dict.fromkeys(("min_freq", "embedding_size", "members"), 1),
        **dict.fromkeys(("max_size", "max_length"), 2),
    },
    "SequenceTagger": dict.fromkeys(("min_freq", "embedding_size"), 1),
    "SpeechRecognizer": dict.fromkeys(("channels", "beam_width"), 1),
    "SeriesClassifier": {"noise": 0},
    "Forecaster": dict.fromkeys(
        ("horizon", "context", "segment", "num_samples", "season", "train_windows"), 1
    ),
}
_SHARES: dict[str, tuple[str, ...]] = {
    "TextClassifier": ("word_dropout", "embedding_dropout", "locked_dropout"),
    "SequenceTagger": ("word_dropout", "locked_dropout"),
    "SpeechRecognizer": ("threshold",),
}

_WITH_TOKENIZER = {"TextClassifier": True, "SequenceTagger": False}
"""Whether the tokenizer of a task may also be a file."""
_TOKENIZERS = ("word", "char", "treebank", "spacy", "jieba")


def check_tokenizer(kind: str) -> None:
    """Raise ConfigError unless there is a tokenizer of a name.

    Args:
        kind: ``word``, ``treebank``, ``char``, ``spacy``, ``spacy:LANGUAGE`` or ``jieba``.

    Example:
        >>> check_tokenizer("spacy:de")
    """
    if kind not in _TOKENIZERS and not kind.startswith("spacy:"):
        hint = did_you_mean(kind, _TOKENIZERS) or "."
        raise ConfigError(
            "Tokenizer: kind must be word, treebank, char, spacy, spacy:LANGUAGE, jieba or the path "
            f"of a tokenizer.json; got {shown(kind)}{hint}"
        )


def is_tokenizer_file(kind: str | Path) -> bool:
    """Tell whether a kind of tokenizer names a file or folder rather than a splitter.

    Example:
        >>> is_tokenizer_file("bert/tokenizer.json"), is_tokenizer_file("word")
        (True, False)
    """
    return isinstance(kind, Path) or kind.endswith(".json") or "/" in kind


def check_region(region: str) -> None:
    """Raise ConfigError unless a region has public holidays that are known.

    Args:
        region: Code of a country, such as ``DE``, or of a part of one, such as ``DE-BY``.

    Raises:
        ConfigError: The package `holidays` is not installed, or does not know the region.

    Example:
        >>> check_region("GER")
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: Forecaster: holidays must be the code of a country, such as DE, or \
of a part of it, such as DE-BY; got 'GER'; did you mean `DE`?
    """
    country, _, part = region.partition("-")
    known = package_of_extra("holidays", "series").list_supported_countries()
    if country not in known:
        meant = _code_of(country)
        hint = f"; did you mean `{meant}`?" if meant in known else "."
        raise ConfigError(
            "Forecaster: holidays must be the code of a country, such as DE, or of a part of it, such as "
            f"DE-BY; got {shown(region)}{hint}"
        )
    if part and part not in known[country]:
        raise ConfigError(
            f"Forecaster: holidays of {country} can be those of {named(known[country], most=20) or 'no part'}; "
            f"got {shown(region)}. Take one of them, or {country} alone."
        )


def _code_of(country: str) -> str:
    """Return the code of a country that is given by its English name or the beginning of it."""
    names = package_of_extra("holidays", "series").registry.COUNTRIES  # germany: Germany, DE, DEU
    begin = country.casefold().replace(" ", "_")
    near = [name for name in names if name.startswith(begin) and len(begin) > 2]
    return names[min(near, key=len)][1] if near else country.upper()


def check_rules(settings: object, task: str) -> None:
    """Raise ConfigError unless the settings of a task are within their ranges.

    Args:
        settings: An object with the settings.
        task: Name of the estimator that has them.

    Example:
        >>> from types import SimpleNamespace
        >>> check_rules(SimpleNamespace(noise=-1, head_dropout=0), "SeriesClassifier")
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: SeriesClassifier: noise must be at least 0; got -1.
    """
    for name, low in _LEAST.get(task, {}).items():
        check_range(task, name, getattr(settings, name), low=low)
    for name in ("head_dropout", *_SHARES.get(task, ())):
        check_range(task, name, getattr(settings, name), low=0, below=1)
    if (region := getattr(settings, "holidays", None)) is not None:
        check_region(region)
    if task in _WITH_TOKENIZER:
        kind = getattr(settings, "tokenizer", None)
        if kind is not None and not (_WITH_TOKENIZER[task] and is_tokenizer_file(kind)):
            check_tokenizer(kind)
