"""A witness's copy: number and hash of each block, one a line. Whoever keeps it can prove that history was sealed anew."""

from __future__ import annotations

from collections.abc import Sequence

from xueji.audit.rules.blocks import HASH_BYTES, Block
from xueji.lib.errors import Refused


class RootsUnreadable(Refused):
    """A copy of the roots with a line that is none."""

    code = "roots-unreadable"

    def __init__(self, line: int) -> None:
        super().__init__(
            f"见证副本第 {line} 行不是“块号 哈希”。请检查文件。",
            f"Line {line} of the witness's copy is not a number and a hash. Look at the file.",
        )


def text_of(blocks: Sequence[Block]) -> str:
    """Return blocks as lines of a copy."""
    return "".join(f"{block.number} {block.hash.hex()}\n" for block in blocks)


def roots_in(text: str) -> dict[int, bytes]:
    """Return the hash of each block in a copy, by number. Raises RootsUnreadable."""
    roots = {}
    for line, words in enumerate((line.split() for line in text.splitlines()), start=1):
        if not words:
            continue
        try:
            number, value = int(words[0]), bytes.fromhex(words[1])
        except (ValueError, IndexError):
            raise RootsUnreadable(line) from None
        if len(words) != 2 or len(value) != HASH_BYTES:
            raise RootsUnreadable(line)
        roots[number] = value
    return roots
