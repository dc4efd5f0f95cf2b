"""What every endpoint of the HTTP API shares: who calls, errors in both languages, acts done once, paging by key.

The rooms' `api.py` are doors like pages: they parse, call one action or query, and answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query
from ninja.security.base import AuthBase
from ninja.utils import check_csrf
from pydantic import AfterValidator, ConfigDict, Field

from xueji.access.actions import once
from xueji.access.middleware import bearer_token
from xueji.access.scope import Actor
from xueji.lib.errors import Refused

# One for all rooms, because two of them can answer at the same address: to find pupils and to
# submit one.
router = Router()

# A refusal is a conflict with what is there, unless its code says something else.
STATUS_OF_REFUSAL = {
    "not-allowed": 403,
    "csrf-failed": 403,
    "not-found": 404,
    "no-such-batch": 404,
    "no-such-school": 404,
    "no-such-class": 404,
    "no-such-pupil": 404,
    "no-such-kind": 404,
    "fields": 422,
    "nothing-to-correct": 404,
    "idempotency-key-missing": 400,
    "body-unreadable": 400,
    "content-type": 415,
    "too-large": 413,
    "file-too-large": 413,
    "rejected": 422,
    "invalid-request": 422,
}
CONFLICT = 409
KEY = re.compile(r"[\x21-\x7e]{1,64}")
MOST_PER_PAGE = 200
LARGEST_NUMBER = 2**31 - 1
T = TypeVar("T")


class NotFound(Refused):
    code = "not-found"


class CsrfFailed(Refused):
    code = "csrf-failed"


class KeyMissing(Refused):
    code = "idempotency-key-missing"


class InvalidRequest(Refused):
    code = "invalid-request"


# Errors ----------------------------------------------------------------------------------


class Fault(Schema):
    """One field of a request that cannot be what it is."""

    field: str = Field(examples=["pupil.name"])
    message_zh: str
    message_en: str


class Finding(Schema):
    """One thing wrong, or worth a look, in one cell of a row."""

    row: int = Field(
        description="行号，与表格软件显示的一致 / row as the spreadsheet numbers it", examples=[3]
    )
    column: str = Field(description="表头 / header of the column", examples=["身份证件号"])
    code: str = Field(examples=["id-check-digit"])
    severity: str = Field(
        description="error: the row is not accepted; warning: it is, and should be looked at",
        examples=["error"],
    )
    message_zh: str
    message_en: str


class Hindrance(Schema):
    """Something that stands in the way of an act, who must clear it, and how."""

    code: str = Field(examples=["open-case"])
    weight: str = Field(
        description="stops: it cannot be done; waits: it waits until this is cleared; warns",
        examples=["stops"],
    )
    owner: str = Field(description="which party must clear it", examples=["sending_school"])
    field: str = Field(description="the field it is about, or empty")
    article: str = Field(description="依据 / the article")
    message_zh: str
    message_en: str


class Problem(Schema):
    """Why nothing was done, with the remedy, in both languages. `code` is for programs and stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "not-now",
                    "message_zh": "该批次已不在这一环节，可能已由同事办理；请刷新查看当前状态。",
                    "message_en": "The batch is past this step, perhaps by a colleague; reload to see where it is.",
                }
            ]
        }
    )

    code: str
    message_zh: str
    message_en: str
    errors: list[Fault] | None = Field(None, description="fields of the request that cannot be (422)")
    findings: list[Finding] | None = Field(None, description="faults of the pupil or row (422)")
    obstacles: list[Hindrance] | None = Field(
        None, description="what stands in the way of a change, one by one (409)"
    )


def problem(refused: Refused, **more: Any) -> dict[str, Any]:
    """Return a refusal as the API says it."""
    return {"code": refused.code, "message_zh": refused.zh, "message_en": refused.en, **more}


def status_of(refused: Refused) -> int:
    """Return the HTTP status that says what kind of refusal this is."""
    return STATUS_OF_REFUSAL.get(refused.code, CONFLICT)


def answer(status: int, content: Any) -> JsonResponse:
    """Return JSON in which Chinese stays readable, in one order: a remembered answer is the same to the byte."""
    return JsonResponse(
        content, status=status, safe=False, json_dumps_params={"ensure_ascii": False, "sort_keys": True}
    )


def refusal(refused: Refused, status: int | None = None, **more: Any) -> HttpResponse:
    """Return the answer to a request that was refused; what it had begun is rolled back."""
    response = answer(status or status_of(refused), problem(refused, **more))
    response.rolls_back = True  # type: ignore[attr-defined]
    return response


READ_ERRORS: dict[int, Any] = {401: Problem, 403: Problem, 404: Problem, 422: Problem}
WRITE_ERRORS: dict[int, Any] = {400: Problem, **READ_ERRORS, 409: Problem, 415: Problem}


# Who calls -------------------------------------------------------------------------------


class ActingRequest(HttpRequest):
    """A request of somebody who may sign in: the middleware set `actor` from the token or the session."""

    actor: Actor


class Token(AuthBase):
    """A program's token in the header Authorization: Bearer …"""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "令牌由 `xueji api_token` 生成。 Tokens are made by `xueji api_token`."

    def __call__(self, request: HttpRequest) -> Actor | None:
        if bearer_token(request) is None:
            return None
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        return actor


class Session(AuthBase):
    """The session of somebody signed in to the pages; writing needs the CSRF token of the page, too."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    openapi_description = (
        "登录后的会话；写操作须带 X-CSRFToken。 The session of the pages; writing needs X-CSRFToken."
    )

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        if actor is None or bearer_token(request) is not None:
            return None
        if check_csrf(request):
            raise CsrfFailed(
                "缺少或错误的 CSRF 令牌。用会话调用时，请带上 X-CSRFToken；程序请使用访问令牌。",
                "The CSRF token is missing or wrong. With a session send X-CSRFToken; programs use an access token.",
            )
        return actor


# Acts, once ------------------------------------------------------------------------------

KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[\\x21-\\x7e]{1,64}$"},
    "description": "每次办理用一个新的值；重复请求时用同一个值，只办理一次，得到同样的答复。 "
    "A new value for each act; a repetition with the same value is done once and answered alike.",
    "example": "2f1c5a3e-0d55-4c1e-9b0a-6f1f9d7f2b11",
}
DONE_BEFORE = ("这一步此前已由您办理，本次没有任何改变。", "You did this before; nothing was changed.")
REPLAYED = {
    "Idempotent-Replay": {
        "description": "true: the answer to an earlier request with this key",
        "schema": {"type": "string", "const": "true"},
    }
}


def writes(*statuses: int) -> dict[str, Any]:
    """Return what the description says of an operation that writes: its key, and the header of a repetition."""
    return {
        "parameters": [KEY_PARAMETER],
        "responses": {status: {"headers": REPLAYED} for status in statuses},
    }


def done_once(request: ActingRequest, sent: object, act: Callable[[], tuple[int, Any]]) -> HttpResponse:
    """Do an act once per Idempotency-Key and answer it; a repetition gets the same status and body.

    `sent` is what was asked, as read: a schema, or text. A refusal is an answer like any
    other and is repeated as well. Raises KeyMissing; KeyReused for another request under
    the same key.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise KeyMissing(
            "缺少 Idempotency-Key 请求头，或不是 1–64 个可见 ASCII 字符。请为每次办理生成一个新的值（如 UUID），重试时沿用。",
            "The header Idempotency-Key is missing or not 1 to 64 visible ASCII characters. Give each act a new"
            " value, such as a UUID, and keep it when you repeat the request.",
        )
    asked = sent.model_dump_json() if isinstance(sent, Schema) else str(sent)
    known = "\n".join(
        [
            request.method or "",
            request.get_full_path(),
            str(request.actor.appointment_id),
            asked,
        ]
    )

    def attempt() -> tuple[int, Any]:
        try:
            with transaction.atomic():
                return act()
        except Refused as refused:
            return status_of(refused), problem(refused)

    status, content, is_repeated = once(key, by=request.actor, request=known.encode(), act=attempt)
    response = answer(status, content)
    if is_repeated:
        response["Idempotent-Replay"] = "true"
    return response


def act_door(
    path: str, shows: Any, *, status: int = 200, **told: Any
) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """Make a function the door of an act that is done once per Idempotency-Key: it acts, and returns what is shown then.

    It runs in a transaction of its own, and what it refuses is the answer. What was asked is its parameter `sent`. `shows`
    is the shape of its answer, `told` what the description says of it.
    """

    def at(act: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @wraps(act)
        def door(request: ActingRequest, **given: Any) -> HttpResponse:
            return done_once(request, given.get("sent", ""), lambda: (status, act(request, **given)))

        # Its annotations are names of another module, which nobody could look up from here.
        door.__signature__ = signature(act, eval_str=True)  # type: ignore[attr-defined]
        shapes = {status: shows, **WRITE_ERRORS}
        made: Callable[..., HttpResponse] = router.post(
            path, response=shapes, openapi_extra=writes(status), **told
        )(door)
        return made

    return at


def file_sent(file: UploadedFile, *more: str) -> str:
    """Return what a request with a file asked for, for `done_once`."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return json.dumps([digest.hexdigest(), file.name, *more])


# Texts, numbers, keys of pages -----------------------------------------------------------


def clean(text: str) -> str:
    """Return a text without change. Raises ValueError for characters that no database keeps."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("control")
    return text


Text = Annotated[str, AfterValidator(clean)]
Whole = Annotated[int, Field(strict=True, ge=1, le=LARGEST_NUMBER)]
Identifier = Annotated[
    str, Field(pattern=r"^[0-9]{10}$", description="十位学校标识码 / ten-digit school identifier")
]
# Parameters of every list. Their default carries the description, where ninja looks for it.
PAGE_SIZE: Any = Query(50, ge=1, le=MOST_PER_PAGE, description="每页条数 / items per page")
AFTER: Any = Query(
    "",
    max_length=1000,
    description="上一页答复中的 next，第一页为空 / the `next` of the page before; empty for the first page",
)


class Sent(Schema):
    """A request body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Listing(Schema, Generic[T]):
    """A page of a list. `next` is `after` of the next page, null on the last."""

    items: list[T]
    next: str | None


def download(content: bytes, *, media_type: str, file_name: str, plain: str = "paper") -> HttpResponse:
    """Return a file to be kept, under its own name; `plain` for programs that read ASCII alone."""
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    return HttpResponse(
        content,
        content_type=media_type,
        headers={"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"},
    )


def in_words(field: str, code: str, words: tuple[str, str]) -> dict[str, Any]:
    """Return a code as three fields of an answer: itself, in Chinese, in English."""
    return {field: str(code), f"{field}_zh": words[0], f"{field}_en": words[1]}


def cursor_of(key: tuple[Any, ...] | None) -> str | None:
    """Return the key of the last item of a page as text; None at the end of a list."""
    if key is None:
        return None
    plain = json.dumps(key, ensure_ascii=False, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def key_of(cursor: str, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Return the key in a cursor, each part made by its kind; None for the first page.

    Raises InvalidRequest for what no answer of ours held.
    """
    if not cursor:
        return None
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError(cursor)
        key = tuple(
            kind(clean(part) if isinstance(part, str) else part)
            for kind, part in zip(kinds, parts, strict=True)
        )
        if any(isinstance(part, int) and abs(part) > 10**12 for part in key):
            raise ValueError(cursor)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise wrong_cursor() from error
    return key


def wrong_cursor() -> InvalidRequest:
    """Return the refusal of a cursor that is none of ours."""
    return InvalidRequest(
        "after 不是本接口给出的值；请原样使用上一页答复中的 next。",
        "`after` is no value of this API; use the `next` of the page before as it is.",
    )
