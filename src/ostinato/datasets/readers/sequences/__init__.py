"""Readers of sequences of numbers and their labels."""
