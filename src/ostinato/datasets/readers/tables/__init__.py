"""Tables, whatever they hold: the files, which column is which, and what stands in cells."""
