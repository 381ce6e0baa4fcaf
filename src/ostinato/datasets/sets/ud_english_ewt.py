"""UD English-EWT: the English Web Treebank of Universal Dependencies, with parts of speech.

Other releases of the treebank, whose words differ a little, have as many sentences.
"""

from __future__ import annotations

from ostinato._kinds import TAGGED
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.readers.tagged.conll import read_conllu
from ostinato.datasets.sets.official import files_of, served, tagged_reader

_URL = "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/r2.16/"
_SPLITS = {
    "train": served(
        f"{_URL}en_ewt-ud-train.conllu",
        sha256="3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
        size_bytes=14203025,
        sentences=12544,
    ),
    "validation": served(
        f"{_URL}en_ewt-ud-dev.conllu",
        sha256="531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
        size_bytes=1805545,
        sentences=2001,
    ),
    "test": served(
        f"{_URL}en_ewt-ud-test.conllu",
        sha256="e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
        size_bytes=1804515,
        sentences=2077,
    ),
}

DATASET = Dataset(
    name="ud-english-ewt",
    description="UD English-EWT 2.16: web texts, parts of speech (or --column xpos); 12,544 + 2,001 + 2,077",
    source="https://github.com/UniversalDependencies/UD_English-EWT",
    licence="CC BY-SA 4.0",
    citation=(
        "Silveira, Dozat, de Marneffe, Bowman, Connor, Bauer and Manning (2014): A Gold Standard "
        "Dependency Corpus for English. LREC 2014."
    ),
    languages=("en",),
    kind=TAGGED,
    read=tagged_reader("ud-english-ewt", _SPLITS, read_conllu),
    **files_of(_SPLITS),
)
