"""The base classes of scikit-learn's conventions, with types: its own have none, so that any name would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import Self

__all__ = ["BaseEstimator", "ClassifierMixin"]

if TYPE_CHECKING:

    class BaseEstimator:
        """What scikit-learn's class of this name gives to an estimator."""

        def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001 scikit-learn's
            """Return the settings by name, those of groups by ``group__name`` too."""
            ...

        def set_params(self, **params: Any) -> Self:
            """Change settings by name."""
            ...

        def __sklearn_tags__(self) -> Any:
            """Return what scikit-learn's tools may ask about an estimator."""
            ...

    class ClassifierMixin:
        """What makes an estimator a classifier for scikit-learn."""

        def __sklearn_tags__(self) -> Any:
            """Return what scikit-learn's tools may ask about a classifier."""
            ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin
