"""Train a tagger that finds names, and list the names of a text of its own.

    python examples/tag_names.py

The bundled sentences name people, places and organisations; the same word is now the one, now the
other, so the words around it decide.
"""

from __future__ import annotations

import ostinato
from ostinato import Characters, Recurrent, SequenceTagger, Training

samples = ostinato.datasets.load_tagged("samples-tag")
train, validation, test = samples["train"], samples["validation"], samples["test"]
tagger = SequenceTagger(
    recurrent=Recurrent(hidden_size=32),
    characters=Characters(hidden_size=16),
    training=Training(epochs=3, learning_rate=1e-2),
)
tagger.fit(train.sentences, train.tags, validation=(validation.sentences, validation.tags))

figures = tagger.evaluate(test.sentences, test.tags)
print(f"test: F1 of whole names {figures['f1']:.4f}")
for kind, of_kind in figures["per_type"].items():
    print(f"  {kind:<5}precision {of_kind['precision']:.4f}, recall {of_kind['recall']:.4f}")

text = "Mrs Marlow moved to Jordan. Mr Jordan stayed at home."
for span in tagger.predict_spans([text])[0]:
    print(f"{span['start']:>3}-{span['end']:<3} {span['type']:<5} {span['text']}")
