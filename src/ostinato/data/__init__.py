"""Ragged columns, length buckets, packed batches and leak-free splits.

Import from the modules: ``ostinato.data.ragged`` and ``ostinato.data.splits`` need no torch,
``ostinato.data.batches`` does.
"""
