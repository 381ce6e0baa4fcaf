"""Text to token ids and back to its characters; pretrained word vectors."""

from ostinato.text.cache import encode_cached, fit_cached
from ostinato.text.tokenizer import Tokenizer
from ostinato.text.vectors import Vectors, read_vectors

__all__ = ["Tokenizer", "Vectors", "encode_cached", "fit_cached", "read_vectors"]
