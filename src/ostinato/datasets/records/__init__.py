"""What examples are: texts, tagged sentences, recordings, sequences, series."""
