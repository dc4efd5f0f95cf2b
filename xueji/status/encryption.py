"""What a change is about, encrypted: it opens only with the id of its case."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings

from xueji.students.encryption import associated


def seal(content: Any, key: UUID) -> bytes:
    """Return JSON content encrypted for the case or draft with this id."""
    text = json.dumps(content, ensure_ascii=False)
    sealed: bytes = settings.XUEJI_KEY_RING.encrypt(text, associated("status case", key))
    return sealed


def unseal(blob: bytes | memoryview | None, key: UUID) -> dict[str, Any]:
    """Return the JSON content that was encrypted for the case or draft with this id; nothing is an empty object."""
    if blob is None:
        return {}
    opened: dict[str, Any] = json.loads(
        settings.XUEJI_KEY_RING.decrypt(bytes(blob), associated("status case", key))
    )
    return opened
