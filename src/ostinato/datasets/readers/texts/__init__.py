"""Readers of texts and their labels."""
