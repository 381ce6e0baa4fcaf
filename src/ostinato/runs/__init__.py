"""Run folders: what is written there, and what is read from them; no torch."""
