"""Numbers as people and spreadsheets write them: 1.234,5 and 1,234.5, $5, 12%, (3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError, brief
from ostinato.datasets.readers.tables.plain_characters import with_plain_characters

logger = logging.getLogger("ostinato")

_NUMBER = r"(?i)^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?)$"
_COMMA_IS_DECIMAL = r"^([+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?|nan)$"  # 1.234,5
_POINT_IS_DECIMAL = r"^([+-]?(\d*|\d{1,3}(,\d{3})+|\d{1,2}(,\d\d)+,\d{3})(\.\d*)?|nan)$"  # 1,234.5
_PROVES_COMMA = (
    r"^[+-]?(0,\d+|\d{4,},\d+|[\d.]+,(\d{1,2}|\d{4,})|[\d.]+\.\d+,\d+|\d+(\.\d{3}){2,})$"
)
_PROVES_POINT = r"^[+-]?(\d+(,\d+){2,}(\.\d*)?|\d+,\d+\.\d*|\d*\.(\d{0,2}|\d{4,})|0?\.\d+)$"
_FEW_DIGITS, _MANY_DIGITS = r"^[+-]?\d{1,3}$", r"^[+-]?\d{4,}"
_ENOUGH = 3  # numbers below 1000 without a comma, beside which commas are those of thousands
_GROUPS = r"^([+-]?\d{1,3})(([ ']\d{3})+)([.,]\d+)?$"  # 1 234,5 and 1'234.5
_MONEY = r"[$€£¥₹₩₽₺₫฿元]"


@dataclass(frozen=True)
class _Column:
    """Whose numbers are read.

    Args:
        name: Its name, and what it is for.
        where: File or object.
        place: How messages call a row.
    """

    name: str
    where: str
    place: Callable[[int], str]

    def tell(self, what: str) -> None:
        logger.info("%s: the %s %s", self.where, self.name, what)

    def error(self, row: int, what: str) -> DatasetError:
        return DatasetError(f"{self.where}: {self.place(row)}: the {self.name} must hold {what}")


def read_numbers(
    strings: pa.Array, name: str, where: str, place: Callable[[int], str]
) -> npt.NDArray[np.float64]:
    """Return strings as numbers, NaN where one is ``nan``.

    What part off thousands and decimals is understood where the column proves it: ``1.234,5``,
    ``1,234.5``, ``1 234,5``. Signs of one currency are left out, as are those of percent where all have
    it; ``(3)`` is -3. All of this is logged.

    Args:
        strings: The strings.
        name: Name of the column, and what it is for.
        where: File or object for messages.
        place: How messages call a row.

    Raises:
        DatasetError: One is no number, or may be two; the message names the first.

    Example:
        >>> read_numbers(pa.array(["$1,234.50", "($2)", "nan"]), "column `y`", "a.csv", str).tolist()
        [1234.5, -2.0, nan]
    """
    try:
        return _floats(strings)
    except pa.ArrowException:
        pass
    column = _Column(name, where, place)
    plain = with_plain_characters(strings)
    for word, number in (("true", "1"), ("false", "0")):
        plain = pc.replace_substring_regex(plain, rf"(?i)^{word}$", number)
    plain = _without_groups(_without_signs(plain, column), column)
    plain = _with_points(plain, column)
    row = pc.index(pc.match_substring_regex(plain, _NUMBER), False).as_py()
    if row >= 0:
        is_word = not any(character.isdigit() for character in strings[row].as_py())
        advice = (
            "Write words as numbers, such as 1 for yes and 0 for no" if is_word else "Correct it"
        )
        raise column.error(
            row,
            f"numbers; got `{brief(strings[row])}`. {advice}, leave it empty where it is missing, or name "
            "another column.",
        )
    return _floats(pc.replace_substring_regex(plain, r"^\+", ""))


def _floats(strings: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(strings.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _any(strings: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(strings, pattern)).as_py())


def _all(strings: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(strings, pattern)).as_py())


def _count(strings: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(strings, pattern)).as_py() or 0)


def _without_signs(strings: pa.Array, column: _Column) -> pa.Array:
    """Leave out the signs of a currency, percent, and the brackets of accountants."""
    if _any(strings, r"^\(.*\d.*\)$"):
        column.tell("has numbers in brackets; they are read as negative.")
        strings = pc.replace_substring_regex(strings, r"^\((.*\d.*)\)$", r"-\1")
    if _any(strings, r"\d ?%$"):
        if not _all(strings, r"(%|^0|^nan)$"):
            row = pc.index(pc.match_substring_regex(strings, r"(%|^0|^nan)$"), False).as_py()
            raise column.error(
                row,
                f"percentages in all rows or in none; got `{brief(strings[row])}` beside others. Write "
                "them alike.",
            )
        column.tell("is of percent; 12% is read as 12.")
        strings = pc.replace_substring_regex(strings, r"(\d) ?%$", r"\1")
    if not _any(strings, rf"^[+-]?[A-Z]{{0,3}}{_MONEY} ?[+-]?[\d.]|\d ?{_MONEY}$"):
        return strings
    found = pc.struct_field(pc.extract_regex(strings, rf"(?P<sign>[A-Z]{{0,3}}{_MONEY})"), "sign")
    kinds = [kind for kind in pc.unique(found).to_pylist() if kind]
    if len(kinds) > 1:
        row = pc.index(found, kinds[1]).as_py()
        raise column.error(
            row,
            f"amounts of one currency; got `{brief(strings[row])}` beside {kinds[0]}. Convert them.",
        )
    column.tell(f"is of amounts in {kinds[0]}, which is left out.")
    points = r"^[+-]?[^\d.]*\d{1,3}\.\d{3}[^\d.]*$"
    if _any(strings, points) and not _any(strings, r",|\.\d{1,2}$|\.\d{1,2}[^\d]"):
        row = pc.index(pc.match_substring_regex(strings, points), True).as_py()
        raise column.error(
            row,
            f"numbers; got `{brief(strings[row])}`, whose point may part off thousands or decimals. Write it "
            "without the sign of the currency, as 1234 or 1.234.",
        )
    before = rf"^([+-]?)[A-Z]{{0,3}}{_MONEY} ?([+-]?[\d.])"
    strings = pc.replace_substring_regex(strings, before, r"\1\2")
    return pc.replace_substring_regex(strings, rf"(\d) ?{_MONEY}$", r"\1")


def _without_groups(strings: pa.Array, column: _Column) -> pa.Array:
    """Leave out blanks and apostrophes between thousands."""
    if not _any(strings, _GROUPS):
        return strings
    column.tell("has thousands parted off by blanks or apostrophes.")
    is_grouped = pc.match_substring_regex(strings, _GROUPS)
    return pc.if_else(is_grouped, pc.replace_substring_regex(strings, "[ ']", ""), strings)


def _with_points(strings: pa.Array, column: _Column) -> pa.Array:
    """Return numbers with decimal points and without thousands, where these can be told apart.

    Raises:
        DatasetError: A comma may part off either.
    """
    has_comma = pc.match_substring(strings, ",")
    if _all(strings, _COMMA_IS_DECIMAL) and _any(strings, _PROVES_COMMA):
        points = " and points between thousands" if _any(strings, r"\.") else ""
        column.tell(f"has decimal commas{points}.")
        return pc.replace_substring(pc.replace_substring(strings, ".", ""), ",", ".")
    if not (pc.any(has_comma).as_py() and _all(strings, _POINT_IS_DECIMAL)):
        return strings
    row = pc.index(has_comma, True).as_py()
    given = strings[row].as_py()
    without = given.replace(",", "")
    if not _any(strings, _PROVES_POINT):
        if _any(strings, _MANY_DIGITS) or _count(strings, _FEW_DIGITS) < _ENOUGH:
            raise column.error(
                row,
                f"numbers; got `{brief(given)}`, which may be {brief(without)} or "
                f"{brief(given.replace(',', '.'))}: commas part off thousands or decimals. Write it in one "
                "of these ways.",
            )
        logger.warning(
            "%s: the %s has commas, which are taken to part off thousands: `%s` is read as %s. If they part "
            "off decimals, write points.",
            *(column.where, column.name, brief(given), brief(without)),
        )
    else:
        column.tell(f"has commas between thousands; `{brief(given)}` is read as {brief(without)}.")
    return pc.replace_substring(strings, ",", "")
