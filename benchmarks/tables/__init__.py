"""Rows of results as tables and drawings."""
