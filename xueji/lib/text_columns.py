"""Text of whole columns put right: widths, blanks, middle dots; and what a name may consist of.

Every function takes and returns a polars expression; null stays null. Nothing here uses
Unicode's compatibility forms (NFKC), which would replace rare ideographs in names.
"""

from __future__ import annotations

import polars as pl

# U+FF01-FF5E lie 0xFEE0 above ASCII; the ideographic space stands alone.
_WIDE = [chr(code) for code in range(0xFF01, 0xFF5F)] + ["\u3000"]
_NARROW = [chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)] + [" "]

# Marks without width that come along when text is copied from web pages and address books:
# separators of records, soft hyphen, zero-width space, joiners, direction marks, byte-order mark.
_UNSEEN = (
    r"\x{001C}-\x{001F}\x{00AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}"
    r"\x{2060}-\x{2064}\x{2066}-\x{206F}\x{FEFF}"
)

# What names are written with: ideographs of every plane, and nothing of the private-use areas.
HAN = (
    r"\x{3007}"  # 〇
    r"\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}"  # extension A, unified ideographs
    r"\x{F900}-\x{FAFF}"  # compatibility ideographs
    r"\x{20000}-\x{2FA1F}"  # extensions B to F and I, compatibility supplement
    r"\x{30000}-\x{3347F}"  # extensions G, H, J
)
MIDDLE_DOT = "·"
# Bullets, hyphenation points, dot operators and katakana dots that keyboards give for U+00B7.
_DOTS = list("•‧∙⋅・･ᐧㆍ⸱⸳●⚫᛫⦁⸰ꞏ﹒")
# A full stop is a middle dot only between ideographs: "J. Smith" keeps its own.
_STOPS = list(".．。｡")
_HAN_IN_PARTS = rf"^[{HAN}]+(?:[\s{''.join([MIDDLE_DOT, *_DOTS, *_STOPS])}]+[{HAN}]+)+$"

_LATIN = r"[\p{Latin}&&\p{L}][\x{0300}-\x{036F}]*"
# Several ideographs with middle dots between; or Latin words, at least two letters in all.
_HAN_NAME = rf"[{HAN}]+(?:·[{HAN}]+)*"
_LATIN_NAME = rf"{_LATIN}(?:(?:\.? |[.\-'’ʻʼ·]|\.-)?{_LATIN})+\.?"
_NAME = rf"^(?:{_HAN_NAME}|{_LATIN_NAME})$"

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠](?s:.)"


def half_width(expr: pl.Expr) -> pl.Expr:
    """Return text with full-width ASCII (U+FF01-FF5E) and the ideographic space in their usual width."""
    return expr.str.replace_many(_WIDE, _NARROW)


def squeeze_blanks(expr: pl.Expr) -> pl.Expr:
    """Return text trimmed, with one plain space for each run of blanks inside, without unseen marks."""
    return expr.str.replace_all(rf"[{_UNSEEN}]+", "").str.replace_all(r"\s+", " ").str.strip_chars(" ")


def strip_all_blanks(expr: pl.Expr) -> pl.Expr:
    """Return text without any blank or unseen mark, no-break and ideographic spaces included."""
    return expr.str.replace_all(rf"[\s{_UNSEEN}]+", "")


def middle_dots(expr: pl.Expr) -> pl.Expr:
    """Return names with every variant of the middle dot as `·` (U+00B7), without blanks beside it."""
    dotted = (
        pl.when(expr.str.contains(_HAN_IN_PARTS))
        .then(expr.str.replace_many(_DOTS + _STOPS, [MIDDLE_DOT] * len(_DOTS + _STOPS)))
        .otherwise(expr.str.replace_many(_DOTS, [MIDDLE_DOT] * len(_DOTS)))
    )
    return dotted.str.replace_all(r"\s*·[\s·]*", MIDDLE_DOT)


def looks_like_formula(expr: pl.Expr) -> pl.Expr:
    """Return whether a spreadsheet might run the text: it begins with = + - @ of any width, or a control."""
    return expr.str.contains(_FORMULA)


def name_characters_ok(expr: pl.Expr) -> pl.Expr:
    """Return whether a name is written as names are: Han characters with `·` between, or Latin words.

    Han of every plane counts, private-use characters do not, nor digits, signs or a mixture
    of Han and Latin. Latin names have at least two letters and may hold blanks, hyphens,
    apostrophes and dots between them.
    """
    return expr.str.contains(_NAME)
