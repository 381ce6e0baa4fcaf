"""Words in, a tag for each out: named entities, parts of speech, any span or class of words."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from torch import Tensor

from ostinato import datasets, models
from ostinato._config import Characters, Recurrent, Training
from ostinato._errors import ConfigError, DatasetError
from ostinato._files import read_json, write_json
from ostinato._kinds import TAGGED, DataKind
from ostinato._presets import TAGGING_PRESETS
from ostinato.data.batches import collate
from ostinato.datasets import Scheme, Tagged
from ostinato.datasets.readers.tagged.writing import FORMATS as WRITERS
from ostinato.nn import Chain, log_likelihood
from ostinato.runs.tagging import write_tagged_predictions
from ostinato.tasks import saved, summary
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.remarks import tell_unknown
from ostinato.tasks.tagging import network
from ostinato.tasks.tagging.baselines import tagging_baselines
from ostinato.tasks.tagging.decoding import (
    EMPTY_PREDICTION,
    TaggingPrediction,
    Token,
    answers_of,
    described,
    line_of,
    located,
)
from ostinato.tasks.tagging.evaluation import failure, tagging_figures
from ostinato.tasks.tagging.feature_chain import FILE as CHAIN_FILE
from ostinato.tasks.tagging.feature_chain import JoinedChain
from ostinato.tasks.tagging.inputs import as_sentences, as_texts
from ostinato.tasks.tagging.joining import join_features
from ostinato.tasks.tagging.objective import Rows, TaggedSplit, TaggingObjective, scores_of
from ostinato.tasks.tagging.sizing import sized
from ostinato.tasks.tagging.tags import Tags
from ostinato.tasks.verdict import Compared
from ostinato.text import EncodedWords, Lexicon, make_splitter
from ostinato.training import Figures, Objective, Split

logger = logging.getLogger("ostinato")

Sentences = Iterable[Sequence[str]]
Tokens = Sequence[Sequence[str]]


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceTagger(Estimator[Sentences, Sentences | None]):
    """Sequence tagger: words and their characters, recurrent stack, conditional random field.

    It is fitted on the tokens of each sentence and a tag for each token, spans in any scheme.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        characters: How a word is read letter by letter.
        head: Tags by a conditional random field, or each by itself (softmax).
        scheme: Scheme in which spans are learnt (IOB2 is what many call BIO); tags of parts of speech have none.
        tokenizer: How raw text is cut into words: treebank, word, char, spacy, spacy:LANGUAGE or
            jieba; none for char if all training tokens are single characters, else treebank.
        lowercase: Look words up in lower case; shape and characters tell how they are written.
        min_freq: Words seen less often in train are unknown.
        pairs: Also read each word together with the next one; none for doing so where tokens are
            characters, as in Chinese.
        vectors: File of pretrained word vectors: GloVe, word2vec or fastText; its words are known
            even if train does not have them.
        freeze_vectors: Leave pretrained vectors as they are.
        embedding_size: Features of a word; none for the width of the vectors, else 100.
        word_dropout: Probability of taking a word for unknown; none for what fits the data.
        locked_dropout: Probability of dropping a feature of all words of a sentence; none for what
            fits the data.
        head_dropout: The same of the outputs of the recurrent stack.
        ngrams: Join a linear tagger of word features to the network, each weighted by validation.
        baseline: Measure simple models beside it.

    Raises:
        ConfigError: A setting is outside its rule (on fit).

    Example:
        >>> from ostinato import SequenceTagger, Training
        >>> sentences = [["Anna", "sings"], ["Rain", "falls"], ["Ben", "sings"]] * 8
        >>> tags = [["S-PER", "O"], ["O", "O"], ["S-PER", "O"]] * 8
        >>> settings = Training(epochs=8, batch_size=4, batch_tokens=None)
        >>> model = SequenceTagger(training=settings, word_dropout=0.0)
        >>> model = model.fit(sentences, tags, validation=(sentences, tags))
        >>> model.predict([["Anna", "falls"]])
        [['S-PER', 'O']]
        >>> [span["text"] for span in model.predict_spans(["Anna sings."])[0]]
        ['Anna']

    Source: Lample et al. 2016, https://arxiv.org/abs/1603.01360; Ma and Hovy 2016,
    https://arxiv.org/abs/1603.01354.
    """

    task: ClassVar[str] = "sequence-tagging"
    pipeline_tag: ClassVar[str] = "token-classification"
    data: ClassVar[DataKind] = TAGGED
    text_columns: ClassVar[tuple[str, ...]] = ("text_column", "label_column", "label_separator")
    formats: ClassVar[Mapping[str, Any]] = WRITERS
    several: ClassVar[tuple[str, ...]] = ("spans", "tokens")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = TAGGING_PRESETS

    recurrent: Recurrent = field(default_factory=Recurrent)
    training: Training = field(default_factory=Training)
    characters: Characters = field(default_factory=Characters)
    head: Literal["crf", "softmax"] = "crf"
    scheme: Scheme = "BIOES"
    tokenizer: str | None = None
    lowercase: bool = True
    min_freq: int = 1
    pairs: bool | None = None
    vectors: str | None = None
    freeze_vectors: bool = False
    embedding_size: int | None = None
    word_dropout: float | None = None
    locked_dropout: float | None = None
    head_dropout: float = 0.5
    ngrams: bool = True
    baseline: bool = True

    module_: models.SequenceTaggerNetwork = field(init=False)
    tags_: Tags = field(init=False)
    lexicon_: Lexicon = field(init=False)
    tokenizer_: str = field(init=False)
    chain_: JoinedChain | None = field(init=False)

    def predict(self, X: Sentences) -> list[list[str]]:
        """Return a tag for each token, spans in the scheme of the training data."""
        self._check_fitted()
        return self.tags_.decode(answer.tags for answer in self._answers(as_sentences(X)))

    def predict_spans(self, X: Iterable[str] | Sentences) -> list[list[dict[str, Any]]]:
        """Return the spans of raw texts: text, start, end (characters), type and confidence.

        Args:
            X: Raw texts; or lists of tokens, which are taken as joined by spaces.

        Raises:
            ConfigError: The tags are not of spans.
        """
        self._check_fitted()
        if not self.tags_.are_spans:
            raise ConfigError(
                "predict_spans: the tags must be of spans; they are "
                f"{', '.join(self.tags_.classes[:5])}, ... Call predict or predict_details for raw text."
            )
        return [answer["spans"] for answer in self.predict_details(X)]

    def predict_details(self, X: Iterable[str] | Sentences) -> list[dict[str, Any]]:
        """Return for each raw text, or list of tokens, its tokens with tags, and its spans."""
        self._check_fitted()
        cut = make_splitter(self.tokenizer_, lowercase=False).spans
        places = [located(text, cut) for text in as_texts(X, "predict_details")]
        answers = self._answers([[token for token, _, _ in tokens] for _, tokens in places])
        return [
            described(text, tokens, answer, self.tags_)
            for (text, tokens), answer in zip(places, answers, strict=True)
        ]

    def load_splits(self, **arguments: Any) -> Splits:
        """Load data by the arguments of `ostinato.datasets.load_tagged`."""
        return datasets.load_tagged(**arguments, cut=self._cut)

    def read_split(self, path: str, **columns: Any) -> Tagged:
        """Read one tagged file, by the arguments of `ostinato.datasets.read_tagged`."""
        return datasets.read_tagged(path, cut=self._cut, **columns)

    def inputs_and_targets(self, split: Tagged) -> tuple[Tokens, Tokens]:
        """Return the sentences of a split, and their tags."""
        return split.sentences, split.tags or ()

    def read_inputs(self, path: str, **columns: Any) -> Sequence[Any]:
        """Read the raw texts of a file, or the tokens of one that is cut into them."""
        columns.pop("column", None)  # of the tags, which are not read
        token = columns.pop("token_column", None)
        named = any(value for name, value in columns.items() if name.endswith("column"))
        if named or not (token or datasets.holds_tokens(path)):
            return datasets.read_texts(path, labelled=False, **columns).texts
        split = datasets.read_tagged(path, labelled=False, token_column=token, **columns)
        return split.sentences

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return an answer as a line: spans in brackets, or a tag after each token."""
        return line_of(answer)

    def _strata(self, split: Tagged) -> tuple[Sequence[Any], Sequence[Hashable]]:
        return [sorted(set(row)) for row in split.tags or ()], split.texts

    def _split(self, X: Any, y: Any, name: str) -> Tagged:
        return Tagged.make(X, y, name)

    def _fit_labels(self, splits: Splits) -> None:
        if self.tokenizer is not None:
            make_splitter(self.tokenizer, lowercase=False)  # raises now, not after training
        self.tags_ = Tags.fit(splits["train"], self.scheme)
        for name, split in splits.items():
            if split.tags is None:
                raise DatasetError(
                    f"{split.source}: {name} must have tags; got none. Give them, or name their column."
                )

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, summary.DataSummary]:
        train: Tagged = splits["train"]
        longest = max(len(token) for sentence in train.sentences for token in sentence)
        self.tokenizer_ = self.tokenizer or ("char" if longest == 1 else "treebank")
        self.lexicon_, vectors = network.read_words(train, self.sized_)
        loop_splits = {
            name: TaggedSplit(
                self.lexicon_.encode(split.sentences), self.tags_.encode(split.tags, name)
            )
            for name, split in splits.items()
        }
        words = {name: split.words for name, split in loop_splits.items()}
        facts = summary.describe(
            splits,
            labels={k: self.tags_.counted(split.tags) for k, split in splits.items()},
            lengths={k: split.lengths for k, split in loop_splits.items()},
            unknown_rate={k: encoded.unknown_rate() for k, encoded in words.items()},
        )
        for line in summary.lines(facts, "sentences"):
            logger.info(line)
        width = network.width_of(self.sized_, vectors)
        self.module_ = network.build(self.sized_, self.lexicon_, self.tags_, width)
        if vectors is not None:
            network.set_vectors(self.module_, vectors, freeze=self.freeze_vectors)
        return dict(loop_splits), TaggingObjective(self.tags_), facts

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        return sized(splits["train"])

    def _answers(self, sentences: Tokens) -> list[TaggingPrediction]:
        """Tag sentences; one without a token has the answer of no tags."""
        answers = [EMPTY_PREDICTION] * len(sentences)
        places = [place for place, sentence in enumerate(sentences) if len(sentence)]
        some = [sentences[place] for place in places]
        for rows, _, found in self._answered(some, self.lexicon_.encode(some)):
            for row, answer in zip(rows, found, strict=True):
                answers[places[row]] = answer
        return answers

    def _answered(
        self, sentences: Tokens, words: EncodedWords
    ) -> Iterator[tuple[Rows, Chain, list[TaggingPrediction]]]:
        """Yield the rows of each batch, the longest first, their chain and their answers."""
        chain = self.chain_
        features = chain.model.encode(sentences) if chain else None
        for rows, scores in scores_of(self.module_, words, self.sized_.training):
            both = chain.join(scores, features, rows) if chain and features else scores
            yield rows, both, answers_of(both, self.tags_, chain.outside if chain else 0.0)

    def _finish(self, splits: Splits, out: Path | None) -> None:
        self.chain_ = None
        if self.ngrams:
            self.chain_ = join_features(
                self.module_, self.lexicon_, self.tags_, self.sized_, splits
            )
        super()._finish(splits, out)

    def _measure(
        self, examples: Tagged, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        words = self.lexicon_.encode(examples.sentences)
        tell_unknown(words.unknown_rate(), split)
        targets = self.tags_.encode(examples.tags or (), split)
        answers, loss = [EMPTY_PREDICTION] * len(examples.sentences), 0.0
        for rows, scores, found in self._answered(examples.sentences, words):
            gold = collate(targets, rows).data.clamp(min=0)
            loss -= float(log_likelihood(scores, gold).sum())
            for row, answer in zip(rows, found, strict=True):
                answers[row] = answer
        predictions = [self.tags_.names(answer.tags) for answer in answers]
        labels = [self.tags_.names(row) for row in targets]
        known = words.known()
        if run:
            write_tagged_predictions(
                run,
                split=split,
                sentences=examples.sentences,
                labels=labels,
                predictions=predictions,
                confidence=[answer.confidence for answer in answers],
                known=known,
                span_confidence=[answer.span_confidence for answer in answers],
            )
        figures = tagging_figures(
            examples.sentences,
            labels,
            predictions,
            are_spans=self.tags_.are_spans,
            known=known,
            spans=self.tags_.spans_of_train,
            seen=seen,
        )
        return {**figures, "loss": loss / figures["n_tokens"]}

    def _baselines(self, train: Tagged) -> Iterator[Baseline]:
        return tagging_baselines(train)

    def _compared(self) -> Compared:
        return Compared("f1", "F1") if self.tags_.are_spans else Compared("accuracy", "accuracy")

    def _failure(self, figures: Figures) -> str | None:
        return failure(figures)

    def _cut(self, text: str) -> list[Token]:
        """Cut a raw text into tokens, as they are before the model has seen any."""
        kind = getattr(self, "tokenizer_", self.tokenizer) or "treebank"
        return make_splitter(kind, lowercase=False).spans(text)

    def _save_preprocessing(self, run: Path) -> None:
        self.lexicon_.save(run)
        self.tags_.save(run)
        write_json(run / "tokenizer_config.json", {"tokenizer": self.tokenizer_})

    def _write_figures(self, run: Path) -> None:
        if self.chain_:
            self.chain_.save(run)
        super()._write_figures(run)

    def _load_preprocessing(self, run: Path) -> None:
        self.lexicon_ = Lexicon.load(run)
        self.tags_ = Tags.load(run)
        path = run / "tokenizer_config.json"
        (self.tokenizer_,) = saved.texts(
            {"tokenizer": [read_json(path)["tokenizer"]]}, "tokenizer", path
        )
        tags = len(self.tags_.classes)
        self.chain_ = (
            JoinedChain.load(run, tags) if saved.has_optional_file(run / CHAIN_FILE) else None
        )

    def _network(self, weights: Mapping[str, Tensor]) -> models.SequenceTaggerNetwork:
        width = weights["embedding.weight"].shape[1]
        return network.build(self.sized_, self.lexicon_, self.tags_, width)

    def _example(self, run: Path) -> str:
        call = (
            'predict_spans(["A raw text."])'
            if self.tags_.are_spans
            else 'predict_details(["A text."])'
        )
        return f'import ostinato\n\nostinato.load("{run.name}").{call}'

    def _reads(self) -> str:
        return (
            f"Raw text is cut into tokens by `{self.tokenizer_}`; give lists of tokens to `predict` "
            "where the training data were cut otherwise."
        )
