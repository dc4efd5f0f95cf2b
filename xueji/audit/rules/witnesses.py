"""What a witness signs: that it has seen this block, in this place, behind all that it saw before.

    xueji witness 1
    witness 浙江
    block 17
    hash 5f…

Names are one line. The signature is by the witness's own key, of either suite.
"""

from __future__ import annotations


def statement(witness: str, number: int, block_hash: bytes) -> bytes:
    """Return the bytes that a witness signs for a block."""
    return f"xueji witness 1\nwitness {witness}\nblock {number}\nhash {block_hash.hex()}\n".encode()
