"""From whatever names a data set to its splits, one module a kind of data."""
