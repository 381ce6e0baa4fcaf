"""What was typed in a wrong place: options of another kind of training, unknown commands, empty folders."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import pairwise, takewhile

from cyclopts import UnknownCommandError, UnknownOptionError

from ostinato._errors import ConfigError, did_you_mean, named, shown
from ostinato.cli.tasks import by_verb


def advice(error: UnknownOptionError) -> str:
    """Return which kinds of training have an option, and what to do in this one.

    Args:
        error: What was raised for an option that a command lacks.

    Returns:
        The whole message; that of the error if no other kind of training has the option.
    """
    chain = list(error.command_chain or ())
    option = (error.token.keyword or error.token.value or "").partition("=")[0]
    there = {name for one in error.argument_collection or () for name in one.names}
    if option.lower() in there:  # as --EPOCHS
        return f"Unknown option: {shown(option)}; did you mean `{option.lower()}`?"
    if len(chain) != 2 or chain[0] != "train":
        return str(error)
    having = [kind for kind in _kinds() if option in _options(kind)]
    if not having:
        return str(error)
    names = [f"`{kind}`" for kind in having]
    others = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    instead = by_verb()[chain[1]].instead.get(option, "Leave it out.")
    verb = "have" if having[1:] else "has"
    return f"Unknown option: {option}. {others} {verb} it, `train {chain[1]}` not. {instead}"


def commands_instead(error: UnknownCommandError) -> str:
    """Return which commands there are, without loading them, and which was meant.

    Args:
        error: What was raised for a word that is no command.
    """
    word = (error.unused_tokens or [""])[0]
    known = [name for name in error.app or () if not name.startswith("-")]
    near = did_you_mean(word.lower(), known) or "."
    return f"Unknown command {shown(word)}: it must be one of {named(known, most=20)}{near}"


def check_folder(tokens: Sequence[str]) -> None:
    """Raise ConfigError for a run folder without a name, as of a variable that is not set.

    It would mean the folder that one is in.

    Example:
        >>> check_folder(["train", "classify", "samples", "--out", ""])
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: --out: a run folder must have a name; got an empty text. Give a path, or . for \
the folder that you are in.
    """
    command = tokens[0] if tokens else ""
    where = None
    if "--out=" in tokens or ("--out", "") in pairwise(tokens):
        where = "--out"
        if command in READERS:
            raise ConfigError("--out: a file must have a name; got an empty text. Give a path.")
    elif command in READERS and "" in _runs(tokens):
        where = command
    if where:
        raise ConfigError(
            f"{where}: a run folder must have a name; got an empty text. Give a path, or . for the "
            "folder that you are in."
        )


READERS = ("resume", "evaluate", "predict", "plot", "report", "compare")
"""Commands of which the first argument is a run folder; of compare all are."""


def _runs(tokens: Sequence[str]) -> Sequence[str]:
    """Return the arguments of a reader that are run folders."""
    return [*takewhile(lambda token: not token.startswith("-"), tokens[1:])][
        : None if tokens[0] == "compare" else 1
    ]


def _kinds() -> list[str]:
    from ostinato.cli.train import app  # which was loaded to get here

    return [name for name in app if not name.startswith("-")]


def _options(kind: str) -> set[str]:
    """Return the options of a kind of training, without what the parser makes of them, which takes long."""
    from ostinato.cli.train import command_of

    found = set()
    for name, one in inspect.signature(command_of(kind)).parameters.items():
        option = f"--{name.replace('_', '-')}"
        for metadata in getattr(one.annotation, "__metadata__", ()):
            option = next(iter(metadata.name or ()), option)
        found |= {option, option.replace("--", "--no-", 1)}
    return found
