"""From whatever names a data set to its parts, one module a kind of data."""
