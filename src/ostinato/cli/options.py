"""Command-line options made from the settings of a task: one definition, no copies."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import docstring_parser
from cyclopts import Group, Parameter, Token, convert

from ostinato._config import Settings, choice_of, choices_of

Command = Callable[..., None]
SHARED = ("recurrent", "training")


LabelColumns = Annotated[tuple[str, ...], Parameter(name="--label-column", consume_multiple=True)]
FeatureColumns = Annotated[
    tuple[str, ...], Parameter(name="--feature-column", consume_multiple=True)
]
TargetColumns = Annotated[tuple[str, ...], Parameter(name="--target-column", consume_multiple=True)]
KnownColumns = Annotated[tuple[str, ...], Parameter(name="--known-column", consume_multiple=True)]
PastColumns = Annotated[tuple[str, ...], Parameter(name="--past-column", consume_multiple=True)]
StaticColumns = Annotated[tuple[str, ...], Parameter(name="--static-column", consume_multiple=True)]
IdColumns = Annotated[tuple[str, ...], Parameter(name="--id-column")]


def one_or_several(names: tuple[str, ...]) -> str | list[str] | None:
    """Return the only one of some names, or a list of several; None for none."""
    return (names[0] if names else None) if len(names) < 2 else list(names)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Written:
    """How a table of text is written: of one file, not of others that a run reads.

    Args:
        delimiter: What parts the fields of csv and tsv, such as ; or tab; else found out.
        encoding: Encoding of text, such as gb18030; UTF-8 if not given.
    """

    delimiter: str | None = None
    encoding: str | None = None


AS_FOUND = Written()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Columns:
    """Names of the columns of a file, of whatever task, and how it is written.

    Args:
        text_column: Column with the texts of a file; found by its name if not given.
        label_columns: Column with the labels of a file, found by its name if not given; of texts, several
            are labels themselves.
        label_separator: For texts: what parts the labels of a text in one column.
        delimiter: What parts the fields of csv and tsv, such as ; or tab; else found out.
        encoding: Encoding of text, such as gb18030; UTF-8 if not given.
        column: For a tagger: column of the tags of a file, by name or by number from 1.
        token_column: For a tagger: column of the tokens of a file, in the same way.
        audio_column: For a recogniser: column with the paths of the recordings; found by its name.
        speaker_column: For a recogniser: column with the speakers.
        id_columns: For sequences and series: column that tells them apart, found by its name; several, each
            with the option, are joined.
        time_column: For sequences and series: column that orders the steps; found by its name.
        feature_columns: For sequences: column of a feature, one or several.
    """

    text_column: str | None = None
    label_columns: LabelColumns = ()
    label_separator: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    column: str | None = None
    token_column: str | None = None
    audio_column: str | None = None
    speaker_column: str | None = None
    id_columns: IdColumns = ()
    time_column: str | None = None
    feature_columns: FeatureColumns = ()

    def given(self) -> dict[str, Any]:
        """Return those that were given, by their names in Python."""
        found = vars(self).copy()
        for kind in ("label", "id"):
            found[f"{kind}_column"] = one_or_several(found.pop(f"{kind}_columns"))
        return {name: value for name, value in found.items() if value}


NO_COLUMNS = Columns()


def with_settings(function: Command, options: Mapping[str, inspect.Parameter]) -> Command:
    """Return ``function`` with one more option for every one of ``options``.

    ``function`` takes the settings that were given, by their keys in ``options``, as ``settings``.
    """
    names = {option.name: key for key, option in options.items()}

    def command(*args: Any, **given: Any) -> None:
        settings = {names[name]: given.pop(name) for name in list(given) if name in names}
        function(*args, settings=settings, **given)

    hints = typing.get_type_hints(function, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "settings"
    ]
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    command.__signature__ = inspect.Signature([*own, *options.values()])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in [*own, *options.values()]}
    return command


def in_any_case(hint: Any, tokens: Sequence[Token]) -> Any:
    """Return the choice that a word on the command line means, whatever its case."""
    known = [
        token.evolve(value=choice_of(token.value, choices_of(hint)) or token.value)
        for token in tokens
    ]
    return convert(hint, known)


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
    described = docstring_parser.parse(inspect.getdoc(type(settings)) or "").params
    helps = {param.arg_name: param.description for param in described}
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
                    converter=in_any_case if choices_of(hints[field.name]) else None,
                    consume_multiple=typing.get_origin(hints[field.name]) is tuple,
                ),
            ],
        )
        for field in dataclasses.fields(settings)  # type: ignore[arg-type]  # a dataclass instance
        if field.init and not isinstance(getattr(settings, field.name), Settings)
    }


def absolute(source: str | Path | None) -> str | None:
    """Return a path that means the same from any folder; a name stays as it is."""
    from ostinato.datasets import REGISTRY  # which takes a moment

    if source is None or source in REGISTRY or not Path(source).exists():
        return None if source is None else str(source)
    return str(Path(source).absolute())
