"""Other libraries beside ours, each a command of its own."""
