"""Schemes of identifiers: what kind of number a pupil is known by."""

from __future__ import annotations

NUMBER_SCHEME = "S"
DOCUMENT_SCHEMES = ("R", "H", "M", "T", "F")
# Numbers that are unique only together with the country that gave them.
SCHEMES_BY_COUNTRY = ("P", "O")
# A number that two persons claim: kept with the pupil, found by the pupil only.
DISPUTED_SCHEME = "D"
