"""Readers of tables of series to forecast."""
