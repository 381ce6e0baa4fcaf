"""Readers of file formats, and of other libraries' tables."""
