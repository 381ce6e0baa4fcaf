"""CoNLL-2003: English news, tagged with parts of speech, chunks and named entities."""

from __future__ import annotations

from functools import partial

from ostinato._kinds import TAGGED
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.readers.tagged.conll import read_columns
from ostinato.datasets.sets.official import files_of, served, tagged_reader

_URL = "https://raw.githubusercontent.com/synalp/NER/master/corpus/CoNLL-2003/"
_SPLITS = {
    "train": served(
        f"{_URL}eng.train",
        sha256="eac0822f501353f265383ddf1edb0dcd42a1b6eefd3e383d7074db98c38eb41c",
        size_bytes=3281528,
        sentences=14041,
        tokens=203621,
    ),
    "validation": served(
        f"{_URL}eng.testa",
        sha256="aedc4ccbd1ae9795feaa0e86fe72d195b0258abed9d705b630d1c889276fac1e",
        size_bytes=827012,
        sentences=3250,
        tokens=51362,
    ),
    "test": served(
        f"{_URL}eng.testb",
        sha256="0632f32c090ef31c223135b7fee3187a7cf8e65c4015c7866bb7783428cdd9a6",
        size_bytes=748096,
        sentences=3453,
        tokens=46435,
    ),
}
COLUMNS = ("word", "pos", "chunk", "ner")

DATASET = Dataset(
    name="conll2003",
    description="CoNLL-2003: English news, named entities (or --column pos, chunk); 14,041 + 3,250 + 3,453",
    source="https://github.com/synalp/NER",
    licence="none stated; the text is of the Reuters Corpus RCV1, for research",
    citation=(
        "Tjong Kim Sang and De Meulder (2003): Introduction to the CoNLL-2003 Shared Task: "
        "Language-Independent Named Entity Recognition. CoNLL 2003, pages 142-147. "
        "https://aclanthology.org/W03-0419"
    ),
    languages=("en",),
    kind=TAGGED,
    read=tagged_reader("conll2003", _SPLITS, partial(read_columns, names=COLUMNS)),
    **files_of(_SPLITS),
)
