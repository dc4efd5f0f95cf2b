"""Witnesses: who keeps a copy of the roots and signs them, so that nobody can seal another history unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from django.db import connections

from xueji.audit.rules.witnesses import statement
from xueji.audit.sealing import blocks_after
from xueji.lib.errors import Refused
from xueji.lib.signing import PublicKey
from xueji.lib.suites import SUITES

NAME: Final = re.compile(r"[^\W_][\w.-]{0,39}")


class WitnessUnknown(Refused):
    code = "witness-unknown"


class WitnessKnown(Refused):
    code = "witness-known"


class NotWitnessed(Refused):
    code = "not-witnessed"


def add_witness(name: str, key: PublicKey, *, using: str) -> None:
    """Accept co-signatures of a witness by this key from now on. Raises WitnessKnown; the name is one word."""
    if NAME.fullmatch(name) is None:
        raise WitnessUnknown(
            "见证方名称须为一个词，不超过 40 个字符。",
            "The name of a witness is one word of at most 40 characters.",
        )
    with connections[using].cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_witness (name, suite, public, since) VALUES (%s, %s, %s, now())"
            " ON CONFLICT (name) DO NOTHING RETURNING name",
            [name, key.suite.id, key.public],
        )
        if cursor.fetchone() is None:
            raise WitnessKnown(
                f"已有名为 {name} 的见证方；更换密钥请用新的名称。",
                f"There is a witness called {name}; a new key comes with a new name.",
            )


def cosign(name: str, number: int, signature: bytes, *, using: str = "default") -> None:
    """Keep the signature of a witness under a block; a repetition changes nothing.

    Raises WitnessUnknown, NotWitnessed where there is no such block or the signature is not of it.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT suite, public FROM audit_witness WHERE name = %s", [name])
        row = cursor.fetchone()
    if row is None:
        raise WitnessUnknown(
            "没有登记这个见证方，请联系运维单位。",
            "There is no such witness; ask the operator of the registry.",
        )
    key = PublicKey(SUITES[row[0]], bytes(row[1]))
    found = blocks_after(number - 1, using=using, limit=1)
    if (
        not found
        or found[0].number != number
        or not key.has_signed(statement(name, number, found[0].hash), signature)
    ):
        raise NotWitnessed(
            "没有这个封存块，或签名与它不符；请核对块号、哈希和密钥。",
            "There is no such block, or the signature is not of it; compare number, hash and key.",
        )
    with connections[using].cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_cosignature (block, witness, signature, at) VALUES (%s, %s, %s, now())"
            " ON CONFLICT DO NOTHING",
            [number, name, signature],
        )


def witnesses_of(numbers: Sequence[int], *, using: str = "default") -> dict[int, list[tuple[str, bytes]]]:
    """Return who signed each of these blocks, with the signature; a block that nobody signed is left out."""
    found: dict[int, list[tuple[str, bytes]]] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT block, witness, signature FROM audit_cosignature WHERE block = ANY(%s) ORDER BY block, witness",
            [list(numbers)],
        )
        for number, witness, signature in cursor.fetchall():
            found.setdefault(number, []).append((witness, bytes(signature)))
    return found
