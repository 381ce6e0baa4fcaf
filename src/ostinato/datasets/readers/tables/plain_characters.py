"""Digits, blanks and signs as keyboards of all countries type them, as ASCII has them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_BLANKS = (0x00A0, 0x2009, 0x202F, 0x3000)
_SAME: dict[int, str] = {
    **{0xFF01 + place: chr(0x21 + place) for place in range(94)},  # full-width forms
    **dict.fromkeys(_BLANKS, " "),
    **{0xFFE5: "¥", 0x2212: "-", 0x2019: "'"},
}


def with_plain_characters(strings: pa.Array) -> pa.Array:
    r"""Return strings without digits, blanks and signs that are full-width or typographic.

    Args:
        strings: The strings.

    Example:
        >>> with_plain_characters(pa.array(["\uff11\uff12", "\u22123", "2020-01-01\u00a010:00"])).to_pylist()
        ['12', '-3', '2020-01-01 10:00']
    """
    if pc.all(pc.string_is_ascii(strings)).as_py():
        return strings
    encoded = strings.dictionary_encode()
    distinct = [text.translate(_SAME) for text in encoded.dictionary.to_pylist()]
    return pc.utf8_trim_whitespace(pa.array(distinct, strings.type).take(encoded.indices))
