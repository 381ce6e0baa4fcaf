"""Readers of file formats and of other libraries' tables: a folder a kind of data, `tables` and `times` for all."""
