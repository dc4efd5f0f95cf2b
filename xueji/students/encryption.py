"""What binds an encrypted value to its place: moved to another row or column it does not open."""

from __future__ import annotations

from uuid import UUID


def associated(column: str, key: bytes | UUID | str) -> bytes:
    """Return the associated data of an encrypted value: its column and the key of its row."""
    if isinstance(key, UUID):
        key = key.bytes
    elif isinstance(key, str):
        key = UUID(key).bytes
    return column.encode() + b"|" + key
