"""A tag for each word: names, parts of speech, spans."""
