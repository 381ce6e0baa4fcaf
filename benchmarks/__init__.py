"""What measures every figure of the README and of docs; README.md says how, and what a row means."""
