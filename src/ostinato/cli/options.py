"""Command-line options made from the settings of a task: one definition, no copies."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import docstring_parser
from cyclopts import Group, Parameter, Token, convert

from ostinato._config import Settings, choice_of, choices_of
from ostinato._errors import shown
from ostinato._kinds import DataKind, Written, plain

Command = Callable[..., None]
SHARED = ("recurrent", "training")


def with_options(
    function: Command,
    *,
    help: str,
    without: Collection[str] = (),
    **groups: Mapping[str, inspect.Parameter],
) -> Command:
    """Return a function with one more option for every one of some groups.

    Args:
        function: It takes what was given of each group, by the keys there, as an argument of its name.
        help: The docstring of the command.
        without: Parameters of the function that the command does not have.
        groups: Options, by the name of the argument that takes them.
    """
    names = {
        option.name: (group, key)
        for group, options in groups.items()
        for key, option in options.items()
    }

    def command(*args: Any, **given: Any) -> None:
        grouped: dict[str, dict[str, Any]] = {group: {} for group in groups}
        for name in given.keys() & names.keys():
            group, key = names[name]
            grouped[group][key] = given.pop(name)
        function(*args, **given, **grouped)

    whole = function.func if isinstance(function, functools.partial) else function
    hints = typing.get_type_hints(whole, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in groups:
            parameters += groups[name].values()
        elif name not in without:
            parameters.append(parameter.replace(annotation=_strict(hints[name])))
    command.__doc__ = help
    command.__name__ = whole.__name__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as inspect reads it
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def columns_of(*kinds: DataKind) -> dict[str, inspect.Parameter]:
    """Return an option for each argument of the readers of a kind of data, by its name.

    Of several kinds it returns those of a file that is read later, each with the kinds that have it.
    """
    options: dict[str, inspect.Parameter] = {}
    for kind in kinds:
        helps = {**_helps(kind.columns), **_helps(Written)}
        hints = {**typing.get_type_hints(kind.columns), **typing.get_type_hints(Written)}
        for one in kind.fields:
            if one.name in options or (len(kinds) > 1 and one.metadata.get("trained")):
                continue
            verbs = [other.verb for other in kinds if one.name in other.names]
            scope = "" if len(verbs) == len(kinds) else f"For {', '.join(verbs)}: "
            is_several = "each" in one.metadata
            options[one.name] = inspect.Parameter(
                one.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=one.default,
                annotation=Annotated[
                    hints[one.name],
                    Parameter(
                        name=f"--{one.name.removesuffix('s').replace('_', '-')}"
                        if is_several
                        else None,
                        help=scope + helps[one.name],
                        consume_multiple=is_several and not one.metadata["each"],
                        show_default=False if is_several else None,  # which is nothing
                    ),
                ],
            )
    return options


def check_written(columns: Mapping[str, Any]) -> None:
    """Raise ConfigError if how a file is written is named wrongly, before torch is loaded.

    Args:
        columns: Arguments of a reader, as far as they are known.
    """
    if columns.get("delimiter") is None and columns.get("encoding") is None:
        return
    from ostinato.datasets.files import encoding_of  # which take a moment
    from ostinato.datasets.readers.tables.separated import checked_delimiter

    for name, check in (("delimiter", checked_delimiter), ("encoding", encoding_of)):
        if columns.get(name) is not None:
            check(columns[name])


def given_columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a reader that were given."""
    check_written(columns)
    found = {name: plain(name, value) for name, value in columns.items()}
    return {name: value for name, value in found.items() if value}


def in_any_case(hint: Any, tokens: Sequence[Token]) -> Any:
    """Return the choice that a word on the command line means, whatever its case."""
    known = [
        token.evolve(value=choice_of(token.value, choices_of(hint)) or token.value)
        for token in tokens
    ]
    return convert(hint, known)


def whole(hint: Any, tokens: Sequence[Token]) -> Any:
    """Return the whole number that a word is; 1.5 is none, and is not rounded to 2."""
    for token in tokens:
        if "." in token.value and token.value.rpartition(".")[2].strip("0"):
            raise ValueError(f"it must be a whole number; got {shown(token.value)}.")
    return convert(hint, tokens)


WholeNumber = Annotated[int | None, Parameter(converter=whole)]
"""A whole number or none, as a field of what is asked of a command."""


def _converter(hint: Any) -> Callable[..., Any] | None:
    if choices_of(hint):
        return in_any_case
    return whole if hint is int or int in typing.get_args(hint) else None


def _strict(hint: Any) -> Any:
    """Return the type of an argument of a command, read as settings of such a type are."""
    converter = _converter(hint)
    return hint if converter is None else Annotated[hint, Parameter(converter=converter)]


def options_of(settings: object) -> dict[str, inspect.Parameter]:
    """Return a keyword parameter for each setting of a task, by ``set_params`` name.

    Those of the groups that every task has keep their names, those of others begin with the group's.
    """
    options: dict[str, inspect.Parameter] = {}
    for name, value in vars(settings).items():
        if isinstance(value, Settings):
            group = Group(type(value).__name__, sort_key=10 + len(options))
            for field, parameter in fields_of(value, group).items():
                option = field if name in SHARED else f"{name}_{field}"
                options[f"{name}__{field}"] = parameter.replace(name=option)
    return options | fields_of(settings, Group("Model", sort_key=1))


def fields_of(settings: object, group: Group) -> dict[str, inspect.Parameter]:
    """Return a keyword parameter for each field that is not itself a group of settings."""
    helps = _helps(type(settings))
    hints = typing.get_type_hints(type(settings))
    return {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(settings, field.name),
            annotation=Annotated[
                hints[field.name],
                Parameter(
                    help=helps.get(field.name),
                    group=group,
                    negative_none="no-",
                    converter=_converter(hints[field.name]),
                    consume_multiple=typing.get_origin(hints[field.name]) is tuple,
                ),
            ],
        )
        for field in dataclasses.fields(settings)  # type: ignore[arg-type]  # a dataclass instance
        if field.init and not isinstance(getattr(settings, field.name), Settings)
    }


def _helps(documented: type) -> dict[str, str]:
    """Return what the docstring of a class says of each of its arguments."""
    described = docstring_parser.parse(inspect.getdoc(documented) or "").params
    return {param.arg_name: param.description or "" for param in described}


def absolute(source: str | Path | None) -> str | None:
    """Return a path that means the same from any folder; a name stays as it is."""
    from ostinato.datasets import REGISTRY  # which takes a moment

    if source is None or source in REGISTRY or not Path(source).exists():
        return None if source is None else str(source)
    return str(Path(source).absolute())
