"""Texts in, classes out: sentiment, topic, language, intent."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from typing_extensions import Self, Unpack

from ostinato import datasets
from ostinato._config import Recurrent, Training
from ostinato._kinds import TEXTS, DataKind
from ostinato._presets import PRESETS
from ostinato.data.ragged import Ragged
from ostinato.datasets import Examples, check_splits
from ostinato.nn.pooling import PoolingName
from ostinato.runs.classification import write_predictions
from ostinato.tasks import summary
from ostinato.tasks.answers import joined, label_text
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.classification.label_inputs import flat
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.objective import (
    ClassificationObjective,
    classification_figures,
    explained,
)
from ostinato.tasks.classification.text import network
from ostinato.tasks.classification.text.baselines import text_baselines
from ostinato.tasks.classification.text.inputs import examples_of, labelled_texts, take, texts_of
from ostinato.tasks.classification.text.joining import join_ngrams
from ostinato.tasks.classification.text.ngram_classifier import JoinedNgrams
from ostinato.tasks.classification.text.sizing import sized
from ostinato.tasks.classification.weighting import check_no_class_weight, weights_of, with_weights
from ostinato.tasks.columns import ColumnSplit, scores_of
from ostinato.tasks.contract import Fitting
from ostinato.tasks.conventions import ClassifierMixin
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.remarks import noted, remarks_on, tell, tell_unknown
from ostinato.tasks.targets import label_names
from ostinato.tasks.verdict import ACCURACY, MACRO_F1, Compared
from ostinato.text import Tokenizer, encode_cached, fit_cached
from ostinato.training import Figures, Objective, Split

logger = logging.getLogger("ostinato")


@dataclass(kw_only=True, eq=False, repr=False)
class TextClassifier(ClassifierMixin, Estimator[Iterable[str], Iterable[Any] | None]):
    """Text classifier: embedding, recurrent stack, pooling over time, linear head.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        tokenizer: word, treebank, char, spacy, spacy:LANGUAGE, jieba, or the path of a
            tokenizer.json, which has its own vocabulary and case.
        lowercase: Treat upper and lower case alike.
        min_freq: Words seen less often in train are unknown; none for what fits their number.
        max_size: Most entries of the vocabulary, the commonest first, the one for unknown words
            among them; none for no limit.
        max_length: Longer texts keep their first and last tokens, half each; none to keep all.
        vectors: File of pretrained word vectors: GloVe, word2vec or fastText.
        freeze_vectors: Leave pretrained vectors as they are.
        embedding_size: Features of a word; none for the width of the vectors, else 128.
        pooling: How the outputs over time become one vector.
        word_dropout: Probability of taking a word for unknown.
        embedding_dropout: Probability of dropping a feature of one embedded word.
        locked_dropout: Probability of dropping a feature of all embedded words of a text.
        head_dropout: Probability of dropping a feature of the pooled vector.
        multi_label: Whether a text has any number of classes instead of exactly one.
        members: Networks trained side by side, whose scores are averaged; none for what fits the
            number of texts.
        class_weight: balanced lets each class count the same in the loss, however many texts it has.
        ngrams: Join a linear model of n-grams to the network, each weighted by validation.
        baseline: Measure simple models beside it.

    Raises:
        ConfigError: A setting is outside its rule (on fit).

    Example:
        >>> from ostinato import TextClassifier, Training
        >>> texts = ["a good film", "a bad film", "good good", "bad bad"] * 5
        >>> labels = ["pos", "neg", "pos", "neg"] * 5
        >>> settings = Training(epochs=8, batch_size=4, batch_tokens=None)
        >>> model = TextClassifier(min_freq=1, word_dropout=0.0, training=settings)
        >>> model.fit(texts, labels, validation=(texts, labels)).predict(["good film"]).tolist()
        ['pos']

    Source: max and mean pooling: Howard and Ruder 2018, https://arxiv.org/abs/1801.06146, section
    3.3; dropout of whole words: Iyyer et al. 2015, https://aclanthology.org/P15-1162.
    """

    task: ClassVar[str] = "text-classification"
    pipeline_tag: ClassVar[str] = "text-classification"
    data: ClassVar[DataKind] = TEXTS
    line_fields: ClassVar[tuple[str, ...]] = ("label", "confidence", "text")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS
    advice: ClassVar[str] = "Try more labelled texts, pretrained vectors or another tokenizer."

    recurrent: Recurrent = field(default_factory=Recurrent)
    training: Training = field(default_factory=Training)
    tokenizer: str = "word"
    lowercase: bool = True
    min_freq: int | None = None
    max_size: int | None = None
    max_length: int | None = 400
    vectors: str | None = None
    freeze_vectors: bool = False
    embedding_size: int | None = None
    pooling: PoolingName = "max"
    word_dropout: float = 0.2
    embedding_dropout: float = 0.0
    locked_dropout: float = 0.5
    head_dropout: float = 0.5
    multi_label: bool = False
    members: int | None = None
    class_weight: Literal["balanced"] | None = None
    ngrams: bool = True
    baseline: bool = True

    classes_: npt.NDArray[Any] = field(init=False)
    tokenizer_: Tokenizer = field(init=False)

    def fit(
        self,
        X: Iterable[str],
        y: Iterable[Any] | None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: tuple[Iterable[str], Iterable[Any] | None] | None = None,
        **fitting: Unpack[Fitting],
    ) -> Self:
        """Train on texts and their labels, as `ostinato.tasks.Estimator.fit`.

        Args:
            X: Texts: a list, an array, a column of a table.
            y: A label each, or for ``multi_label`` a list of labels each.
            sample_weight: How much each of ``X`` counts in the loss; none for all the same.
            validation: Texts and labels that choose the best epoch.
            fitting: The run folder, and who is told of epochs.
        """
        splits = self._splits(X, y, validation)
        splits["train"] = with_weights(splits["train"], sample_weight)
        return self.fit_splits(splits, **fitting)

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any] | list[list[Any]]:
        """Return the likeliest class of each text; for ``multi_label`` a list of classes each.

        Where ``fit`` had a matrix of 0 and 1, with a column a class, so is what is returned.
        """
        probabilities = self.predict_proba(X)
        return self.labels_.answers(probabilities)

    def predict_proba(self, X: Iterable[str]) -> npt.NDArray[np.float32]:
        """Return the probability of each of ``classes_``, ``(texts, classes)``."""
        self._check_fitted()
        texts, column, found = self._read(X, "predict")
        tell(found, len(texts), "predict")
        return self._probabilities(texts, column)

    def predict_details(self, X: Iterable[str]) -> list[dict[str, Any]]:
        """Return for each text what was decided, how surely, and the probability of each class.

        One that is empty, or has no word that is known, has a ``note`` that says so.
        """
        self._check_fitted()
        texts, column, found = self._read(X, "predict_details")
        answers = explained(self.labels_, self._probabilities(texts, column))
        return noted(texts, answers, found)

    def score(
        self,
        X: Iterable[str],
        y: Iterable[Any] | None,
        sample_weight: Any = None,
    ) -> float:
        """Return the accuracy on texts and their labels; higher is better, at most 1.

        A label that train never had counts as wrong.
        """
        self._check_fitted()
        split = labelled_texts(X, y, "score", self.labels_)
        is_right = self.labels_.agreement(
            self._probabilities(split.texts), split.labels or (), "score"
        )
        return float(np.average(is_right, weights=sample_weight))

    labels_: Labels = field(init=False)
    weights_: npt.NDArray[np.float32] | None = field(init=False)
    ngrams_: JoinedNgrams | None = field(init=False)

    def load_splits(self, **arguments: Any) -> Splits:
        """Load data by the arguments of `ostinato.datasets.load_texts`."""
        return datasets.load_texts(**arguments)

    def read_split(self, path: str, **columns: Any) -> Examples:
        """Read one labelled file, by the arguments of `ostinato.datasets.read_texts`."""
        return datasets.read_texts(path, **columns)

    def inputs_and_targets(self, split: Examples) -> tuple[Sequence[str], Sequence[Any]]:
        """Return the texts of a split, and their labels."""
        return split.texts, split.labels or ()

    def read_inputs(self, path: str, **columns: Any) -> Sequence[str]:
        """Read the texts of a file, by the arguments of `ostinato.datasets.read_texts`."""
        return datasets.read_texts(path, labelled=False, **columns).texts

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return label, confidence and text of an answer of `predict_details`, parted by tabs."""
        text = " ".join(answer["text"].split())
        return joined(label_text(answer), f"{answer['confidence']:.4f}", text)

    def _check(self) -> None:
        super()._check()
        if self.multi_label:
            check_no_class_weight("TextClassifier", self.class_weight, "several labels a text")

    def _split(self, X: Any, y: Any, name: str) -> Examples:
        return examples_of(X, y, name, multi_label=self.multi_label)

    def _labelled(self, X: Any, y: Any) -> Examples:
        return labelled_texts(X, y, "evaluate", self.labels_)

    def _fit_labels(self, splits: Splits) -> None:
        train = splits["train"]
        self._set_labels(
            Labels.fit(train.labels or (), multi_label=self.multi_label, classes=train.classes)
        )
        check_splits(splits)

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, summary.DataSummary]:
        train = splits["train"]
        self.ngrams_ = None
        self.tokenizer_ = fit_cached(
            train.fingerprint,
            train.texts,
            kind=self.tokenizer,
            lowercase=self.lowercase,
            min_freq=self.sized_.min_freq or 1,
            max_size=self.max_size,
        )
        columns = {
            k: encode_cached(self.tokenizer_, split.fingerprint, split.texts)
            for k, split in splits.items()
        }
        targets = {k: self.labels_.encode(split.labels or (), k) for k, split in splits.items()}
        unknown = {k: self.tokenizer_.unknown_rate(column) for k, column in columns.items()}
        facts = summary.describe(
            splits,
            labels={k: flat(split.labels or ()) for k, split in splits.items()},
            lengths={k: column.lengths for k, column in columns.items()},
            unknown_rate=unknown,
        )
        for line in (*summary.lines(facts), *summary.imbalance(facts)):
            logger.info(line)
        if self.max_length is not None and facts["train"]["length"]["max"] > self.max_length:
            logger.info("texts of over %d tokens keep head and tail (max_length)", self.max_length)
        counts = np.bincount(columns["train"].values, minlength=len(self.tokenizer_))
        classes = len(self.labels_.classes)
        self.module_ = network.build_for(self.sized_, self.tokenizer_, classes, counts)
        weights = weights_of(splits, targets, self.labels_ if self.class_weight else None)
        self.weights_ = None if weights["train"] is None else weights["train"].numpy()
        loop_splits: dict[str, Split] = {
            k: ColumnSplit(self._shorten(columns[k]), targets[k], weights[k]) for k in splits
        }
        return loop_splits, ClassificationObjective(self.multi_label, "log_likelihood"), facts

    def _strata(self, split: Examples) -> tuple[Sequence[Any], Sequence[Hashable]]:
        return label_names(split.labels or ()), split.texts

    def _take(self, split: Examples, rows: npt.NDArray[np.int64]) -> Examples:
        return take(split, rows)

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        found = sized(splits["train"])
        if self.training.epochs is not None:
            del found["training__patience"]  # as many epochs as were asked for
        if self.training.batch_size is not None:
            del found["training__batch_tokens"]  # as many texts as were asked for
        return found

    def _baselines(self, train: Examples) -> Iterator[Baseline]:
        model = self.ngrams_.model if self.ngrams_ else None
        of_words = model if model and model.ngrams.characters is None else None
        return text_baselines(
            train, self.labels_, self.tokenizer_, fitted=of_words, sample_weight=self.weights_
        )

    def _compared(self) -> Compared:
        return MACRO_F1 if self.class_weight else ACCURACY

    def _set_labels(self, labels: Labels) -> None:
        self.labels_ = labels
        self.classes_ = labels.array

    def _read(self, X: Any, where: str) -> tuple[Sequence[str], Ragged, dict[int, str]]:
        """Return texts, their ids, and a remark on each that tells nothing."""
        texts = texts_of(X, where)
        column = self.tokenizer_.encode(texts)
        return texts, column, remarks_on(texts, column, self.tokenizer_)

    def _shorten(self, column: Ragged) -> Ragged:
        most = self.sized_.max_length
        return column if most is None else column.head_and_tail(most)

    def _scores(self, column: Ragged) -> npt.NDArray[np.float32]:
        """Return the network's logits of encoded texts, ``(texts, classes)``."""
        classes = len(self.labels_.classes)
        return scores_of(self.module_, self._shorten(column), classes, self.sized_.training).numpy()

    def _probabilities(
        self, texts: Sequence[str], column: Ragged | None = None
    ) -> npt.NDArray[np.float32]:
        scores = self._scores(self.tokenizer_.encode(texts) if column is None else column)
        if self.ngrams_ is not None:
            scores = self.ngrams_.join(scores, self.tokenizer_.words(texts))
        joint = torch.from_numpy(scores)
        return (joint.sigmoid() if self.labels_.multi_label else joint.softmax(dim=1)).numpy()

    def _finish(self, splits: Splits, out: Path | None) -> None:
        if self.ngrams:
            validation = splits["validation"]
            column = encode_cached(self.tokenizer_, validation.fingerprint, validation.texts)
            self.ngrams_ = join_ngrams(
                *(self._scores(column), self.tokenizer_, self.labels_, splits, self.facts_),
                self.weights_,
            )
            if out:
                self.ngrams_.save(out)
        super()._finish(splits, out)

    def _measure(
        self, examples: Examples, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        column = encode_cached(self.tokenizer_, examples.fingerprint, examples.texts)
        tell_unknown(self.tokenizer_.unknown_rate(column), split)
        probabilities = self._probabilities(examples.texts, column)
        labels = examples.labels or ()
        if run:
            write_predictions(
                run,
                split=split,
                texts=examples.texts,
                labels=labels,
                predictions=self.labels_.decode(probabilities),
                confidence=self.labels_.confidence(probabilities),
                probabilities=probabilities,
                num_tokens=column.lengths,
            )
        return classification_figures(
            self.labels_, probabilities, examples.texts, labels, seen, split
        )

    def _save_preprocessing(self, run: Path) -> None:
        self.tokenizer_.save(run)
        self.labels_.save(run)
        if self.ngrams_ is not None:
            self.ngrams_.save(run)

    def _load_preprocessing(self, run: Path) -> None:
        self.tokenizer_ = Tokenizer.load(run)
        self._set_labels(Labels.load(run))
        self.ngrams_ = JoinedNgrams.load(run, len(self.classes_)) if self.sized_.ngrams else None

    def _network(self, weights: Mapping[str, Tensor]) -> network.Network:
        size = network.embedding_size_of(weights)
        return network.build(self.sized_, self.tokenizer_, len(self.labels_.classes), size)

    def _example(self, run: Path) -> str:
        return f'import ostinato\n\nostinato.load("{run.name}").predict(["A text."])'
