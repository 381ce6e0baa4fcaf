"""Parse, tokenise and encode all 50,000 labelled IMDB reviews; print the seconds it took."""

from __future__ import annotations

import sys
import time

from ostinato import datasets
from ostinato.text import encode_cached, fit_cached

start = time.perf_counter()
splits = datasets.load_texts("imdb")
parsed = time.perf_counter()
train = splits["train"]
tokenizer = fit_cached(train.fingerprint, train.texts)
tokens = sum(
    len(encode_cached(tokenizer, split.fingerprint, split.texts).values)
    for split in splits.values()
)
done = time.perf_counter()
sys.stdout.write(
    f"{done - start:.3f} s ({parsed - start:.3f} s to read), {tokens:,} tokens, "
    f"vocabulary {len(tokenizer):,}\n"
)
