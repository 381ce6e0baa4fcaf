"""Named settings that a command line can start from, by ``set_params`` name."""

from __future__ import annotations

from typing import Any

TUTORIAL: dict[str, Any] = {
    "tokenizer": "spacy",
    "min_freq": 10,
    "max_length": None,
    "embedding_size": 100,
    "pooling": "last",
    "word_dropout": 0.0,
    "embedding_dropout": 0.5,
    "locked_dropout": 0.0,
    "head_dropout": 0.5,
    "recurrent__cell": "rnn",
    "recurrent__hidden_size": 256,
    "recurrent__num_layers": 2,
    "recurrent__bidirectional": False,
    "recurrent__dropout": 0.5,
    "training__epochs": 5,
    "training__batch_tokens": None,
    "training__batch_size": 64,
    "training__optimizer": "adam",
    "training__learning_rate": 1e-3,
    "training__schedule": "constant",
    "training__max_grad_norm": None,
    "members": 1,
    "ngrams": False,
}
"""The classic sentiment tutorial: a plain RNN of two layers, its last state, Adam as it comes.

Source: after https://github.com/bentrevett/pytorch-sentiment-analysis, ``legacy``, chapters 1 and 2.
"""

CHINESE: dict[str, Any] = {"tokenizer": "jieba", "min_freq": 2, "training__epochs": 6}
"""Chinese by jieba's words instead of single characters, for thousands of texts.

Chosen on the validation split of ChnSentiCorp.
"""

PRESETS = {"tutorial": TUTORIAL, "chinese": CHINESE}
"""The presets of text classification."""

CHARACTERS: dict[str, Any] = {
    "characters__reader": "none",
    "pairs": True,
    "word_dropout": 0.15,
    "locked_dropout": 0.5,
    "training__epochs": 10,
    "training__learning_rate": 2.5e-3,
}
"""Chinese, a character a token, for thousands of sentences.

Chosen on the validation split of Resume NER.
"""

TAGGING_PRESETS = {"chinese": CHARACTERS}
"""The presets of sequence labelling."""
