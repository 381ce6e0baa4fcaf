"""A linear model of the n-grams of a text: a baseline, and a part that is joined to the network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F

from ostinato._arrays import Float32s
from ostinato._errors import CheckpointError
from ostinato.tasks import saved
from ostinato.tasks.joining import joint_weights
from ostinato.text.ngrams import TfidfBlock, TfidfNgrams, Tokens
from ostinato.training import load_tensors, save_tensors

INVERSE_PENALTY = 10.0  # C of scikit-learn: by validation, of 3, 10 and 30
FILE = "ngrams.safetensors"


@dataclass(frozen=True)
class NgramClassifier:
    """Logistic regression, one class against the rest, on TF-IDF of n-grams.

    Args:
        ngrams: The n-grams it reads.
        weights: ``(classes, features)``; of two classes, both have half the weight.
        intercept: ``(classes,)``.

    Example:
        >>> texts = [["good", "film"], ["bad", "film"]] * 4
        >>> model = NgramClassifier.fit(texts, np.array([0, 1] * 4), classes=2)
        >>> model.scores([["good"]]).argmax(axis=1)
        array([0])

    Source: n-grams with a linear model: Wang and Manning 2012, https://aclanthology.org/P12-2018.
    """

    ngrams: TfidfNgrams
    weights: Float32s
    intercept: Float32s

    @classmethod
    def fit(
        cls,
        texts: Iterable[Tokens],
        targets: npt.NDArray[Any],
        *,
        classes: int,
        longest: int = 2,
        characters: bool = False,
        min_texts: int = 1,
        sample_weight: npt.NDArray[Any] | None = None,
    ) -> NgramClassifier:
        """Fit it to texts.

        Args:
            texts: Tokens of each text.
            targets: Class of each, ``(texts,)``; with several labels to a text 0 and 1,
                ``(texts, classes)``.
            classes: How many classes there are.
            longest: Tokens of the longest word n-gram.
            characters: Whether to read n-grams of characters too.
            min_texts: Texts that an n-gram must be in.
            sample_weight: How much each text counts, ``(texts,)``.
        """
        ngrams, values = TfidfNgrams.fit(
            texts, longest=longest, characters=characters, min_texts=min_texts
        )
        is_one = targets.ndim == 1
        rows = targets[:, None] == np.arange(classes) if is_one else targets > 0
        if is_one and classes == 2:
            half, bias = (part / 2 for part in _fitted(values, rows[:, 1], sample_weight))
            return cls(ngrams, np.stack([-half, half]), np.stack([-bias, bias]))
        found = [_fitted(values, row, sample_weight) for row in rows.T]
        weights, intercept = (np.stack(one) for one in zip(*found, strict=True))
        return cls(ngrams, weights, intercept)

    def scores(self, texts: Iterable[Tokens]) -> Float32s:
        """Return the logit of each class of some texts, ``(texts, classes)``."""
        return np.asarray(
            self.ngrams.transform(texts) @ self.weights.T + self.intercept, np.float32
        )

    def probabilities(self, texts: Iterable[Tokens], *, multi_label: bool) -> Float32s:
        """Return the probability of each class of some texts, ``(texts, classes)``."""
        scores = torch.from_numpy(self.scores(texts))
        return (scores.sigmoid() if multi_label else scores.softmax(dim=1)).numpy()


def _fitted(
    values: Any, is_class: npt.NDArray[np.bool_], sample_weight: npt.NDArray[Any] | None
) -> tuple[Float32s, Float32s]:
    """Return weights and intercept of a class against the rest; of one that never changes, a prior."""
    if is_class.all() or not is_class.any():
        sure = np.array(10 if is_class.all() else -10, np.float32)
        return np.zeros(values.shape[1], np.float32), sure
    model = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", max_iter=300, random_state=0)
    model.fit(values, is_class, sample_weight=sample_weight)
    return model.coef_[0].astype(np.float32), model.intercept_.astype(np.float32)[0]


def expected_network_weight(texts: int) -> float:
    """Return the weight of a network's logits beside those of n-grams, by training texts.

    Example:
        >>> [round(expected_network_weight(texts), 2) for texts in (100, 1000, 10_000)]
        [0.05, 0.2, 0.5]
    """
    return float(min(0.5, 0.05 * (texts / 100) ** 0.6))


@dataclass(frozen=True)
class JoinedNgrams:
    """N-grams beside a network: the logits of both, by weights that validation has found.

    Args:
        model: The linear model.
        network_weight: What the network's logits are multiplied by.
        ngram_weight: What the linear model's are.
    """

    model: NgramClassifier
    network_weight: float
    ngram_weight: float

    @classmethod
    def fit(
        cls,
        model: NgramClassifier,
        network: Float32s,
        ngrams: Float32s,
        targets: npt.NDArray[Any],
        *,
        train_texts: int,
    ) -> JoinedNgrams:
        """Find the two weights that make the answers of validation likeliest.

        Few texts cannot tell: the fewer there are, the less the network is expected to know.

        Args:
            model: The linear model.
            network: The network's logits of the validation texts, ``(texts, classes)``.
            ngrams: The linear model's, ``(texts, classes)``.
            targets: Classes ``(texts,)``, or for several labels a text 0 and 1 ``(texts, classes)``.
            train_texts: Texts that both were fitted to.
        """
        both = torch.from_numpy(np.stack([network, ngrams])).double()  # (2, texts, classes)
        y_true = torch.from_numpy(np.asarray(targets))

        def loss(weights: Tensor) -> Tensor:
            scores = (weights[:, None, None] * both).sum(dim=0)
            if y_true.ndim == 1:
                return F.cross_entropy(scores, y_true, reduction="sum")
            losses = F.binary_cross_entropy_with_logits(scores, y_true.double(), reduction="none")
            return losses.mean(dim=1).sum()

        return cls(model, *joint_weights(loss, (expected_network_weight(train_texts), 1.0)))

    def join(self, network: Float32s, texts: Iterable[Tokens]) -> Float32s:
        """Return the joint logits of some texts, ``(texts, classes)``, from the network's."""
        ngrams = self.model.scores(texts)
        return self.network_weight * network + self.ngram_weight * ngrams

    def save(self, run: Path) -> None:
        """Write ``ngrams.safetensors``."""
        ngrams = self.model.ngrams
        arrays = {"weights": self.model.weights, "intercept": self.model.intercept}
        blocks = {"words": ngrams.words, "characters": ngrams.characters}
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        for name, block in blocks.items():
            if block is not None:
                tensors[f"{name}.columns"] = torch.from_numpy(block.columns)
                tensors[f"{name}.idf"] = torch.from_numpy(block.idf)
        header = {
            "longest": ngrams.longest,
            "network_weight": self.network_weight,
            "ngram_weight": self.ngram_weight,
        }
        save_tensors(run / FILE, tensors, header)

    @classmethod
    def load(cls, run: Path, classes: int) -> JoinedNgrams:
        """Read what :meth:`save` wrote.

        Args:
            run: The run folder.
            classes: How many classes the run has.

        Raises:
            CheckpointError: The file is missing, broken or of another run.
            KeyError: Something is missing in it.
        """
        if not (run / FILE).exists():
            raise CheckpointError(
                f"{run / FILE}: must hold the n-grams of this run; it is missing. Finish the run with "
                f"`ostinato resume {run}`, or copy the folder anew."
            )
        tensors, header = load_tensors(run / FILE)
        rules = {"weights": "float classes features", "intercept": "float classes"}
        for block in [name for name in ("words", "characters") if f"{name}.columns" in tensors]:
            rules |= {f"{block}.columns": f"int {block}", f"{block}.idf": f"float {block}"}
        saved.check_tensors(tensors, rules, run / FILE)
        loaded = saved.weights(header, run / FILE, "network_weight", "ngram_weight")
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        words = TfidfBlock(arrays["words.columns"], arrays["words.idf"])
        characters = None
        if "characters.columns" in arrays:
            characters = TfidfBlock(arrays["characters.columns"], arrays["characters.idf"])
        ngrams = TfidfNgrams(header["longest"], words, characters)
        blocks = [words, *([characters] if characters else [])]
        shape = classes, sum(len(block.columns) for block in blocks)
        fits = all(block.columns.shape == block.idf.shape for block in blocks)
        if not fits or (arrays["weights"].shape, arrays["intercept"].shape) != (shape, shape[:1]):
            raise CheckpointError(
                f"{run / FILE}: must be of this run, {classes} classes and {shape[1]} n-grams; its "
                f"weights are {arrays['weights'].shape}. Copy the folder anew, or train again."
            )
        model = NgramClassifier(ngrams, arrays["weights"], arrays["intercept"])
        return cls(model, *loaded)
