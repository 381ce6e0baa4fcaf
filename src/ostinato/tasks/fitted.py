"""What is raised by an estimator that has learnt nothing yet."""

from __future__ import annotations

from sklearn import exceptions

from ostinato._errors import ConfigError


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
