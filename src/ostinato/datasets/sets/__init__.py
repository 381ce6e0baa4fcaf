"""The registered data sets, one module each."""
