"""Whether an estimator is fitted: asked before, it says so; a fit that fails leaves it as it was."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sklearn import exceptions

from ostinato._errors import ConfigError

FitT = TypeVar("FitT", bound=Callable[..., Any])


class NotFittedError(ConfigError, exceptions.NotFittedError):  # type: ignore[misc]  # no types
    """An estimator is asked before it was fitted; also scikit-learn's error of that name.

    Example:
        >>> issubclass(NotFittedError, exceptions.NotFittedError), issubclass(NotFittedError, ValueError)
        (True, True)
    """


def check_fitted(estimator: object) -> None:
    """Raise NotFittedError unless an estimator has its network.

    Args:
        estimator: The estimator.
    """
    if not hasattr(estimator, "module_"):
        raise NotFittedError(
            f"{type(estimator).__name__}: must be fitted first. Call fit, or load a run folder."
        )


def all_or_nothing(fit: FitT) -> FitT:
    """Make a method that fits leave its estimator as it was if it fails or is interrupted.

    Half a fit would be asked as if it were a whole one: a network of one fit, labels of another.

    Args:
        fit: The method. It replaces attributes of the estimator, and changes none in place.
    """

    @functools.wraps(fit)
    def fit_or_restore(estimator: Any, *args: Any, **options: Any) -> Any:
        before = dict(vars(estimator))
        try:
            return fit(estimator, *args, **options)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(before)
            raise

    return cast(FitT, fit_or_restore)
