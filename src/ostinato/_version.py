"""The versions of the package and of its run folders, written here and nowhere else."""

__version__ = "0.1.0"
RUN_FORMAT = 1
