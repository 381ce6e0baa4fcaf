"""Texts in, classes out: the estimator, and how it learns."""
