"""Options that another kind of training has: which kinds these are, and what to do instead."""

from __future__ import annotations

from cyclopts import UnknownOptionError

INSTEAD = {
    ("tag", "--class-weight"): "Add sentences with the rare tags; F1 tells how they do.",
    ("transcribe", "--class-weight"): "Add recordings of the rare words.",
    ("forecast", "--class-weight"): "A forecaster has no classes.",
    (
        "forecast",
        "--cross-validate",
    ): "Measure several ends of the past: ostinato evaluate RUN backtest.",
    ("forecast", "--test-size"): "The last horizon of each series is for test; --horizon sets it.",
    ("forecast", "--test"): "The last horizon of each series is for test; measure others by "
    "ostinato evaluate RUN FILE.",
    ("forecast", "--validation"): "The end of train chooses the epoch.",
    ("forecast", "--label-column"): "Name what is forecast by --target-column.",
    ("forecast", "--feature-column"): "Name other columns by --known-column or --past-column.",
    ("classify", "--column"): "Name the labels by --label-column.",
    ("classify", "--token-column"): "Name the texts by --text-column.",
    ("classify", "--target-column"): "Name the labels by --label-column.",
    ("classify-series", "--column"): "Name the labels by --label-column.",
    ("classify-series", "--target-column"): "Name the labels by --label-column.",
    ("tag", "--label-column"): "Name the tags by --column.",
    ("tag", "--text-column"): "Name the tokens by --token-column.",
    ("tag", "--label-separator"): "A token has one tag.",
    ("transcribe", "--label-column"): "Name the transcripts by --text-column.",
    ("transcribe", "--column"): "Name the transcripts by --text-column.",
}
"""What to do, by the kind of training and the option that it lacks."""


def advice(error: UnknownOptionError) -> str:
    """Return which kinds of training have an option, and what to do in this one.

    Args:
        error: What was raised for an option that a command lacks.

    Returns:
        The whole message; that of the error if no other kind of training has the option.
    """
    chain = list(error.command_chain or ())
    option = (error.token.keyword or error.token.value or "").partition("=")[0]
    if len(chain) != 2 or chain[0] != "train":
        return str(error)
    having = [kind for kind in _kinds() if option in _options(kind)]
    if not having:
        return str(error)
    names = [f"`{kind}`" for kind in having]
    others = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    instead = INSTEAD.get((chain[1], option), "Leave it out.")
    verb = "have" if having[1:] else "has"
    return f"Unknown option: {option}. {others} {verb} it, `train {chain[1]}` not. {instead}"


def _kinds() -> list[str]:
    from ostinato.cli.train import app  # which was loaded to get here

    return [name for name in app if not name.startswith("-")]


def _options(kind: str) -> set[str]:
    from ostinato.cli.train import app

    return {name for one in app[kind].assemble_argument_collection() for name in one.names}
