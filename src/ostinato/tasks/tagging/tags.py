"""The tags of a tagger as indices, and back."""

from __future__ import annotations

import logging
import typing
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, shown
from ostinato._files import read_json, write_json
from ostinato.data.ragged import Ragged
from ostinato.datasets import SCHEMES, Scheme, Span, Tagged
from ostinato.datasets.records import schemes
from ostinato.datasets.records.tag_forms import PLAIN, Form, of_spans
from ostinato.tasks import saved
from ostinato.tasks.tagging.evaluation import spans_in

logger = logging.getLogger("ostinato")

UNKNOWN_TAG = -1
"""Index of a tag that never occurs in train; whatever is predicted, it is wrong.

Of a span of a strange type the first token has it, the others `STRANGE_INSIDE`.
"""
STRANGE_INSIDE = -2


@dataclass(frozen=True)
class Tags:
    """The tags of a task, in the order of the model's outputs.

    Args:
        classes: Each tag once; for spans ``O`` and every letter of the scheme with every type.
        scheme: Scheme that the model is trained in; none if the tags are not of spans.
        written: Scheme of the training data, in which predictions are given.
        spans_of_train: The texts of the spans of train, lower-cased; none of a run that does not
            have them.
        form: How tags of spans are written in the training data, and in predictions.

    Example:
        >>> tags = Tags.fit(Tagged.make([["Angela", "sings"]], [["B-PER", "O"]], "a list"), "BIOES")
        >>> tags.classes
        ('O', 'B-PER', 'E-PER', 'I-PER', 'S-PER')
        >>> tags.encode([["B-PER", "O"]])[0], tags.decode([[4, 0]])
        (array([4, 0], dtype=int32), [['B-PER', 'O']])
    """

    classes: tuple[str, ...]
    scheme: Scheme | None = None
    written: Scheme | None = None
    spans_of_train: tuple[str, ...] | None = None
    form: Form = PLAIN

    @classmethod
    def fit(cls, train: Tagged, scheme: Scheme) -> Tags:
        """Collect the tags of the training split.

        Raises:
            DatasetError: It has no tags, or all tokens have the same one.
        """
        if train.tags is None:
            raise DatasetError(
                f"{train.source}: train must have tags; got none. Name their column."
            )
        found = sorted({tag for row in train.tags for tag in row})
        if len(found) < 2:
            raise DatasetError(
                f"{train.source}: train must have at least two different tags; got "
                f"{', '.join(found)} alone. Name another column, or add sentences with other tags."
            )
        if train.scheme is None:
            return cls(tuple(found))
        kinds = sorted({kind for letter, kind in map(schemes.split_tag, found) if letter != "O"})
        letters = sorted({*SCHEMES[scheme], *("B" if scheme == "IOB1" else "")})
        spans = [f"{letter}-{kind}" if kind else letter for kind in kinds for letter in letters]
        known = spans_in(train.sentences, train.tags)
        return cls((schemes.OUTSIDE, *spans), scheme, train.scheme, tuple(known), train.form)

    @property
    def are_spans(self) -> bool:
        """Whether the tags are of spans."""
        return self.scheme is not None

    def allowed(self) -> schemes.Allowed | None:
        """Return which tags may follow which; none for all."""
        return schemes.allowed(self.classes, self.scheme) if self.scheme else None

    def encode(self, rows: Sequence[Sequence[str]], split: str = "data") -> Ragged:
        """Return the index of each tag, a sentence a row; `UNKNOWN_TAG` of those that train lacks.

        Raises:
            DatasetError: Tags are of words, and those of train of spans.
        """
        if self.scheme is not None:
            rows = [schemes.convert(self._of_spans(row, split), self.scheme) for row in rows]
        index = {tag: place for place, tag in enumerate(self.classes)}
        places = [[index.get(tag, UNKNOWN_TAG) for tag in row] for row in rows]
        if any(UNKNOWN_TAG in row for row in places):
            if self.are_spans:
                for row, tags in zip(places, rows, strict=True):
                    _mark_insides(row, tags)
            strange = Counter(tag for row in rows for tag in row if tag not in index)
            shown = ", ".join(f"`{tag}` ({count})" for tag, count in strange.most_common(5))
            logger.warning(
                "%s: %d tags never occur in train, %s; each counts as wrong.",
                *(split, strange.total(), shown),
            )
        return Ragged.from_rows(places)

    def _of_spans(self, row: Sequence[str], split: str) -> list[str]:
        """Return tags as those of spans, whatever the split that they are of tells alone."""
        found = [of_spans(tag, self.form) for tag in row]
        if None in found:
            raise DatasetError(
                f"{split}: tags must be of spans, as those of train are; got {shown(row[found.index(None)])}. "
                "Correct it, or name another column."
            )
        return [tag for tag in found if tag is not None]

    def names(self, row: npt.ArrayLike) -> list[str]:
        """Return the tags of some indices in the scheme of training."""
        places = np.asarray(row)
        strange = ["I-?", "B-?"] if self.are_spans else ["?"]
        known = [*self.classes, *strange]  # the last of them stands for UNKNOWN_TAG
        return [known[place] for place in places.tolist()]

    def decode(self, rows: Iterable[npt.ArrayLike]) -> list[list[str]]:
        """Return the tags of each sentence, in the scheme and form of the training data."""
        named = map(self.names, rows)
        if self.written is None:
            return list(named)
        converted = (schemes.convert(row, self.written) for row in named)
        return [[self.form.write(tag) for tag in row] for row in converted]

    def spans(self, row: npt.ArrayLike) -> list[Span]:
        """Return the spans that the indices of a sentence stand for."""
        return schemes.spans_of(self.names(row))

    def counted(self, rows: Sequence[Sequence[str]]) -> Iterable[str]:
        """Return what to count in a split: the type of each span, or each tag."""
        if not self.are_spans:
            return (tag for row in rows for tag in row)
        read = (self._of_spans(row, "data") for row in rows)
        return (span.type for row in read for span in schemes.spans_of(row))

    def save(self, run: Path) -> None:
        """Write ``labels.json``."""
        write_json(
            run / "labels.json",
            {
                "classes": list(self.classes),
                "scheme": self.scheme,
                "written": self.written,
                **({} if self.form == PLAIN else {"form": self.form._asdict()}),
                "spans": None if self.spans_of_train is None else list(self.spans_of_train),
            },
        )

    @classmethod
    def load(cls, run: Path) -> Tags:
        """Read ``labels.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        path = run / "labels.json"
        content = read_json(path)
        known = saved.texts(content, "spans", path) if content.get("spans") is not None else None
        scheme, written = (
            saved.one_of(content, name, path, (None, *typing.get_args(Scheme)))
            for name in ("scheme", "written")
        )
        form = Form(**content.get("form", {}))
        return cls(saved.texts(content, "classes", path), scheme, written, known, form)


def _mark_insides(row: list[int], tags: Sequence[str]) -> None:
    """Tell the first token of each strange span from the others, so that it stays one span."""
    for span in schemes.spans_of(tags):
        if row[span.start] == UNKNOWN_TAG:
            row[span.start + 1 : span.end] = [STRANGE_INSIDE] * (span.end - span.start - 1)
