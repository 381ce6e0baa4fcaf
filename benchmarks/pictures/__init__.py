"""The pictures of README and of the tutorials, drawn from runs that are made anew each time."""
