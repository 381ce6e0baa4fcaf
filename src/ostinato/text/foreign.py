"""Tokenizers of others, whose ``tokenizer.json`` is looked through before the library builds it.

The library makes a table as long as the highest id and applies normalizers one after another, so
that a file of 5 kB can ask for any amount of memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import tokenizers

from ostinato._errors import CheckpointError

MOST_GROWTH = 10_000  # times as long as it was that normalizers may make a text
INNER = ("normalizers", "pretokenizers")  # of a sequence of steps
SPARE_IDS = 100_000  # above ten times the number of tokens
GROWTH = {"ByteLevel": 4, "NFD": 4, "NFKD": 18, "NFKC": 18, "Precompiled": 100}
"""At most how many times as long a step makes a text; of a precompiled table it is not looked up.

Source: Unicode Standard Annex 15, table 15; a character is at most four bytes.
"""


def backend_of(content: Any) -> tokenizers.Tokenizer:
    """Return the library's tokenizer of what a ``tokenizer.json`` holds.

    Args:
        content: The JSON.

    Raises:
        ValueError: It is none, or asks for more memory than there may be.
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("model"), Mapping):
        raise ValueError("it has no model")
    _check_ids(content)
    growth = 1.0
    for stage in ("normalizer", "pre_tokenizer"):
        for step in _steps(content.get(stage)):
            growth *= _growth(step)
    if not growth < MOST_GROWTH:
        raise ValueError(f"its normalizers make a text up to {growth:.3g} times as long")
    with panics_as_errors("tokenizer.json"):
        return tokenizers.Tokenizer.from_str(json.dumps(content))


@contextmanager
def panics_as_errors(where: str) -> Iterator[None]:
    """Turn what the Rust library raises, panics too, into an error of ours."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, ValueError):
        raise
    except BaseException as error:
        raise CheckpointError(
            f"{where}: its rules must cut the text; the tokenizers library gave up: "
            f"{str(error)[:200]}. Save the tokenizer anew."
        ) from error


def _check_ids(content: Mapping[str, Any]) -> None:
    vocabulary = content["model"].get("vocab", {})
    ids = list(vocabulary.values()) if isinstance(vocabulary, Mapping) else []
    added = content.get("added_tokens") or []
    if not isinstance(vocabulary, Mapping | list) or not isinstance(added, list):
        raise ValueError("its vocabulary is none")
    ids += [one.get("id") for one in added if isinstance(one, Mapping)]
    most = 10 * (len(vocabulary) + len(added)) + SPARE_IDS
    for one in ids:
        if not isinstance(one, int) or not 0 <= one < most:
            raise ValueError(
                f"an id of its {len(ids):,} tokens is {str(one)[:20]}, not one from 0 to {most:,}"
            )


def _steps(stage: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(stage, Mapping):
        return
    yield stage
    for name in INNER:
        inner = stage.get(name)
        for one in inner if isinstance(inner, list) else ():
            yield from _steps(one)


def _growth(step: Mapping[str, Any]) -> float:
    kind = step.get("type")
    if kind != "Replace":
        return GROWTH.get(str(kind), 1)
    content, pattern = len(str(step.get("content", ""))), step.get("pattern")
    if isinstance(pattern, Mapping) and isinstance(pattern.get("String"), str):
        return max(1.0, content / max(1, len(pattern["String"])))
    return 1.0 + content  # of a regular expression, which may match nothing
