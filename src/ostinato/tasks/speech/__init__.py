"""Speech recognition: recordings to text, whole or as a stream."""
