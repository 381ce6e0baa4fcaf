"""Columns of a table as times."""
