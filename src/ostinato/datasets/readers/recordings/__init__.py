"""Readers of recordings and what is said in them."""
