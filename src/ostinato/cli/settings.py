"""The settings of each task as its source defines them, read without being run.

The command line makes its options from the fields of the estimators. Importing these takes seconds, as
torch does; so that a wrong option is told at once, the fields alone are taken out of their source.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ostinato
from ostinato import _config
from ostinato._config import Settings
from ostinato._errors import ConfigError, did_you_mean
from ostinato._rules import check_rules
from ostinato.cli.tasks import TASKS


@functools.cache
def settings_of(task: str) -> Any:
    """Return an object with the settings of an estimator: fields, types, defaults, docstring.

    Args:
        task: Name of its class. Where its source is not there, it is imported.

    Example:
        >>> settings_of("TextClassifier").pooling, settings_of("Forecaster").levels
        ('max', (80, 95))
    """
    tree = _tree(TASKS[task].module)
    if tree is None:
        return getattr(importlib.import_module(TASKS[task].module), task)()
    there = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == task)
    found = copy.copy(there)  # the tree itself is read again, for other names
    fields = [node for node in found.body if isinstance(node, ast.AnnAssign) and _is_setting(node)]
    names = {name.id for node in fields for name in ast.walk(node) if isinstance(name, ast.Name)}
    space = {**vars(_config), "field": field, "__name__": __name__}
    space |= {name: alias for name in names if (alias := _alias(tree, name)) is not None}
    found.body = [ast.Expr(ast.Constant(ast.get_docstring(found))), *fields]
    found.bases, found.decorator_list = [], []
    exec(_compiled(ast.Module([found], []), "exec"), space)
    return dataclass(kw_only=True)(space[task])()


def check(task: str, preset: str | None, settings: Mapping[str, Any]) -> None:
    """Raise ConfigError if a setting is outside its rule, before torch is loaded.

    Args:
        task: Name of the estimator.
        preset: Name of the settings to start from.
        settings: What was given, by ``set_params`` name.
    """
    presets = TASKS[task].presets
    if preset is not None and preset not in presets:
        hint = did_you_mean(preset, presets) or f"; there is {', '.join(presets)}."
        raise ConfigError(f"--preset: there is no preset `{preset}`{hint}")
    known = copy.copy(settings_of(task))
    groups: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        group, _, inner = name.partition("__")
        if inner:
            groups.setdefault(group, {})[inner] = value
        else:
            setattr(known, name, value)
    for group, given in groups.items():
        default: Settings = getattr(known, group)
        default.replace(**given)
    check_rules(known, task)


@functools.cache
def _tree(module: str) -> ast.Module | None:
    """Return the syntax of one of our modules; None where its source is not there."""
    package, *names = module.split(".")
    if package != ostinato.__name__:
        return None
    path = Path(ostinato.__file__).parent.joinpath(*names)
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return ast.parse(file.read_text("utf-8"))
    return None


def _is_setting(node: ast.AnnAssign) -> bool:
    """Return whether a field is given, and not learnt."""
    is_learnt = isinstance(node.value, ast.Call) and any(
        word.arg == "init" for word in node.value.keywords
    )
    return not is_learnt and "ClassVar" not in ast.unparse(node.annotation)


def _alias(tree: ast.Module, name: str) -> Any:
    """Return the type that a name stands for, followed through imports; None if it is no such type."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                expression = ast.Expression(node.value)
                return eval(_compiled(expression, "eval"), vars(typing).copy())
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ostinato."):
            for imported in node.names:
                there = (
                    _tree(str(node.module)) if (imported.asname or imported.name) == name else None
                )
                if there is not None:
                    return _alias(there, imported.name)
    return None


def _compiled(tree: ast.AST, mode: str) -> Any:
    whole: Any = ast.fix_missing_locations(tree)  # a tree of that mode
    return compile(whole, __file__, mode, dont_inherit=True)
