"""Looks for identity numbers in the clear in whatever bytes come along: dumps, backups, logs, arguments of jobs.

Found is what has the shape, a birth date that can be and a check digit that fits: also behind the letter of a
student number, in full-width digits, and written as the hexadecimal of its characters, as a dump shows bytes.
What is compressed or encrypted has to be opened first; a dump in PostgreSQL's own format by `pg_restore -f -`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from xueji.lib.id_numbers import birth_on, check_digit

# Year, month and day are narrowed here: few stretches of digits need a closer look.
BIRTH: Final = rb"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
PLAIN: Final = re.compile(rb"(?<![0-9A-Fa-f])([1-9][0-9]{5}" + BIRTH + rb"[0-9]{3}[0-9Xx])(?![0-9A-Fa-f])")
# Every second character a 3: digits one by one in hexadecimal.
HEX: Final = re.compile(rb"(3[1-9](?:3[0-9]){5}(?:3139|3230)(?:3[0-9]){9}(?:3[0-9]|[57]8))")
FULL_WIDTH: Final = re.compile(
    rb"((?:\xef\xbc[\x90-\x99]){17}\xef\xbc[\x90-\x99\xb8]|(?:\xef\xbc[\x90-\x99]){17}\xef\xbd\x98)"
)
# A number is never longer than this in any of its spellings, so stretches that overlap by it miss none.
LONGEST: Final = 64


@dataclass(frozen=True)
class FoundNumber:
    """A number in the clear: where it begins, in bytes, and its first six digits, which tell nobody apart."""

    at: int
    division: str


def scan(chunks: Iterable[bytes]) -> Iterator[FoundNumber]:
    """Yield every identity number in a stream of bytes, once each, in no more memory than two chunks."""
    kept, begins = b"", 0
    seen = -1
    for chunk in chunks:
        text = kept + chunk
        for found in _in(text):
            at = begins + found.at
            # What touches the end is looked at again with what follows it.
            if found.at < len(text) - LONGEST and at > seen:
                seen = at
                yield FoundNumber(at, found.division)
        kept = text[-2 * LONGEST :]
        begins += len(text) - len(kept)
    for found in _in(kept):
        if begins + found.at > seen:
            yield FoundNumber(begins + found.at, found.division)


def _in(text: bytes) -> list[FoundNumber]:
    found = []
    for pattern, read in ((PLAIN, _plain), (HEX, _hex), (FULL_WIDTH, _full_width)):
        for match in pattern.finditer(text):
            number = read(match[1])
            if birth_on(number) is not None and check_digit(number[:17]) == number[17]:
                found.append(FoundNumber(match.start(1), number[:6]))
    return sorted(found, key=lambda one: one.at)


def _plain(text: bytes) -> str:
    return text.decode("ascii").upper()


def _hex(text: bytes) -> str:
    return bytes.fromhex(text.decode("ascii")).decode("ascii").upper()


def _full_width(text: bytes) -> str:
    return "".join(chr(ord(sign) - 0xFEE0) for sign in text.decode()).upper()
