"""Sequences in, classes or values out: the estimator, and how it learns."""
