"""Generated messages to a shop in six unbalanced classes, with typing errors and words that all share."""

from __future__ import annotations

import numpy as np

SHARES = {
    "delivery": 0.40,
    "refund": 0.25,
    "defect": 0.15,
    "account": 0.10,
    "praise": 0.06,
    "wholesale": 0.04,
}
THINGS = (
    "lamp",
    "kettle",
    "jacket",
    "headset",
    "bike light",
    "blanket",
    "router",
    "desk",
    "printer",
)
OPENINGS = ("hi", "hello there", "dear team", "good morning", "hey", "to whom it may concern", "")
CLOSINGS = ("thanks", "please reply soon", "regards", "waiting for an answer", "cheers", "")
ASIDES = (
    "i ordered two weeks ago",
    "my order number is {number}",
    "the {thing} was a present",
    "i have been a customer for years",
    "your site said three days",
    "i paid by card",
    "it is not the first time i write",
    "my sister has the same {thing}",
)
PHRASES = {
    "delivery": (
        "where is my {thing}",
        "the parcel with the {thing} has not arrived",
        "tracking has not moved since monday",
        "the courier left the {thing} with nobody",
        "when will the {thing} be here",
        "it was sent to the wrong street",
    ),
    "refund": (
        "i want my money back for the {thing}",
        "please return the amount for the {thing}",
        "i sent the {thing} back and nothing was paid out",
        "how do i send the {thing} back",
        "you charged me twice for the {thing}",
        "the {thing} is not what i ordered so i would rather have the money",
    ),
    "defect": (
        "the {thing} does not turn on",
        "the {thing} broke after a day",
        "there is a crack in the {thing}",
        "the {thing} makes a strange noise",
        "a part of the {thing} is missing",
        "the {thing} stopped working and i do not want money but a new one",
    ),
    "account": (
        "i cannot log in",
        "the password mail never comes",
        "please change the address in my profile",
        "delete my account",
        "the site says my mail is unknown",
        "how do i change my card",
    ),
    "praise": (
        "the {thing} is wonderful",
        "never had a better {thing}",
        "the courier was so kind",
        "great service as always",
        "the {thing} came a day early and works",
        "my money was well spent",
    ),
    "wholesale": (
        "do you give a discount for fifty {thing}s",
        "we would like an offer for our office",
        "can you deliver a {thing} a month to our shops",
        "is there a price list for firms",
        "we need an invoice with our tax number for all {thing}s",
        "who sells your {thing}s in other countries",
    ),
}
TYPING_ERRORS = 0.04  # share of the letters


def messages(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return texts and their classes; no text twice."""
    names, shares = list(SHARES), list(SHARES.values())
    found: dict[str, str] = {}
    while len(found) < count:
        name = str(rng.choice(names, p=shares))
        asides = [str(aside) for aside in rng.choice(ASIDES, rng.integers(0, 3), replace=False)]
        middle = [str(rng.choice(PHRASES[name])), *asides]
        order = rng.permutation(len(middle))
        ends = str(rng.choice(OPENINGS)), str(rng.choice(CLOSINGS))
        pieces = [ends[0], *(middle[place] for place in order), ends[1]]
        text = ", ".join(piece for piece in pieces if piece)
        text = text.format(thing=rng.choice(THINGS), number=rng.integers(10_000, 99_999))
        found.setdefault(_mistyped(text, rng), name)
    return list(found.items())


def _mistyped(text: str, rng: np.random.Generator) -> str:
    """Leave out, double or exchange some letters."""
    letters = list(text)
    for place in np.flatnonzero(rng.random(len(letters)) < TYPING_ERRORS):
        kind = rng.integers(3)
        if kind == 2 and place + 1 < len(letters):
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = letters[place] * int(2 * kind) if kind < 2 else letters[place]
    return "".join(letters)
