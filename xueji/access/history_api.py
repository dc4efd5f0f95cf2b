"""The sealed blocks over HTTP, for witnesses: copied by anybody, signed by those who are known."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.params.functions import Path, Query
from pydantic import Field

from xueji.access.api import InvalidRequest, Problem, Sent, Text, answer, router
from xueji.audit.rules.digests import EPOCH, MICROSECOND
from xueji.audit.sealing import blocks_after
from xueji.audit.witnesses import cosign, witnesses_of

MOST_BLOCKS = 1000
LARGEST = 2**53


class CosignatureShown(Schema):
    witness: str
    signature: str = Field(description="base64")


class BlockShown(Schema):
    """A sealed block. `header` is the text that is signed and whose hash chains the blocks."""

    number: int
    header: str
    hash: str = Field(description="of the header, in hexadecimal")
    signature: str = Field(description="of the header, base64")
    key: int = Field(description="number of the public key (`xueji audit keys`)")
    sealed_at: datetime
    cosignatures: list[CosignatureShown]


class Blocks(Schema):
    items: list[BlockShown]


class CosignatureSent(Sent):
    signature: Annotated[Text, Field(min_length=1, max_length=400)] = Field(
        description="base64, of the four lines `xueji witness 1`, `witness …`, `block …`, `hash …`",
        examples=["MEUCIQ=="],
    )


@router.get(
    "/history/blocks",
    response={200: Blocks, 422: Problem},
    auth=None,
    summary="封存块 / Sealed blocks of the history, in order",
    description="不需登录：块中只有哈希，没有任何人的信息。 Without signing in: there are hashes in it and nothing about anybody.",
    tags=["history"],
    operation_id="listBlocks",
)
def blocks(
    request: HttpRequest,
    after: int = Query(0, ge=0, le=LARGEST, description="从此块之后 / go on behind this block"),
    limit: int = Query(100, ge=1, le=MOST_BLOCKS, description="最多几块 / so many at most"),
) -> HttpResponse:
    found = blocks_after(after, using="default", limit=limit)
    signed = witnesses_of([block.number for block in found])
    items = [
        BlockShown(
            number=block.number,
            header=block.header.decode(),
            hash=block.hash.hex(),
            signature=base64.b64encode(block.signature).decode(),
            key=block.key,
            sealed_at=EPOCH + block.sealed * MICROSECOND,
            cosignatures=[
                CosignatureShown(witness=name, signature=base64.b64encode(signature).decode())
                for name, signature in signed.get(block.number, [])
            ],
        )
        for block in found
    ]
    return answer(200, Blocks(items=items).model_dump(mode="json"))


@router.put(
    "/history/blocks/{number}/cosignatures/{witness}",
    response={200: CosignatureShown, 409: Problem, 415: Problem, 422: Problem},
    auth=None,
    summary="见证签名 / A witness signs a block it has copied",
    description="签名本身即身份；重复发送结果不变。 The signature says who it is; sending it again changes nothing.",
    tags=["history"],
    operation_id="coSign",
)
def witnessed(
    request: HttpRequest,
    number: Annotated[int, Path(ge=1, le=LARGEST)],
    witness: Annotated[str, Path(min_length=1, max_length=40)],
    sent: CosignatureSent,
) -> HttpResponse:
    try:
        signature = base64.b64decode(sent.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("signature 不是有效的 base64。", "`signature` is no valid base64.") from error
    cosign(witness, number, signature)
    return answer(200, {"witness": witness, "signature": sent.signature})
