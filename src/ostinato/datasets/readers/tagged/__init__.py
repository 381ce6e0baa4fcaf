"""Readers of tagged sentences, and writers of what a tagger says."""
