"""Text to token ids and back to its characters; words as a tagger reads them; word vectors."""

from ostinato.text.cache import encode_cached, fit_cached
from ostinato.text.lexicon import SHAPES, EncodedWords, Lexicon
from ostinato.text.splitters import Span, make_splitter
from ostinato.text.tokenizer import Tokenizer
from ostinato.text.vectors import Vectors, read_vectors, words_of_vectors

__all__ = [
    "SHAPES",
    "EncodedWords",
    "Lexicon",
    "Span",
    "Tokenizer",
    "Vectors",
    "encode_cached",
    "fit_cached",
    "make_splitter",
    "read_vectors",
    "words_of_vectors",
]
