"""The HTTP API, gathered from the rooms: one description, one way of signing in, one shape of errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from xueji.access import history_api, permissions_api, stand_ins_api
from xueji.access.api import (
    InvalidRequest,
    NotFound,
    Session,
    Token,
    refusal,
    router,
)
from xueji.changes import api as changes_api
from xueji.disclosures import api as disclosures_api
from xueji.lib.errors import Refused
from xueji.organisations import api as organisations_api
from xueji.organisations import packs_api
from xueji.status import api as status_api
from xueji.students import api as students_api
from xueji.web.templatetags.xueji import in_chinese

VERSION = "1.0.0"
LARGEST_JSON = 1 << 20

DESCRIPTION = """全国中小学生学籍登记的程序接口：名册检查、提交与审核，录取新生，问题学籍，学籍变动、升级、毕业与变动订阅，学生查找，学校与班级，省级规则，代理，对外提供。
权限、范围和检查与页面完全相同；证件号和学籍号按页面的规则遮盖。每个写操作都须带 `Idempotency-Key` 请求头。

The interface for programs: rosters checked, submitted and approved; admitted pupils; problem records; changes of
status, promotion, graduation, and a feed of them; pupils found; schools and classes; the rules of provinces;
stand-ins; what leaves. Rights, scope and checks are those of the pages, and numbers are masked as there. Every act that writes needs the header
`Idempotency-Key`."""

TAGS = [
    {"name": "rosters", "description": "新生名册 / Rosters of new pupils"},
    {"name": "admissions", "description": "录取新生与重复招生 / Admitted pupils and duplicate admissions"},
    {"name": "problems", "description": "问题学籍 / Problem records"},
    {"name": "status", "description": "学籍变动 / Changes of status"},
    {"name": "promotions", "description": "升级 / Promotion"},
    {"name": "feed", "description": "变动订阅 / Change feed"},
    {"name": "pupils", "description": "学生 / Pupils"},
    {"name": "schools", "description": "学校与班级 / Schools and classes"},
    {"name": "packs", "description": "省级规则 / Rules of provinces"},
    {"name": "disclosures", "description": "对外提供 / What leaves the registry"},
    {"name": "stand-ins", "description": "代理 / Stand-ins"},
    {"name": "trust", "description": "权限 / Who may do what"},
    {"name": "history", "description": "封存的操作记录 / The sealed history, for witnesses"},
]


class BodyUnreadable(Refused):
    code = "body-unreadable"


class ContentType(Refused):
    code = "content-type"


class TooLarge(Refused):
    code = "too-large"


class JsonParser(Parser):
    """Reads what is JSON, and says what is not."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise ContentType(
                "请求体须为 JSON（Content-Type: application/json）。",
                "The body must be JSON (Content-Type: application/json).",
            )
        if len(request.body) > LARGEST_JSON:
            raise too_large()
        try:
            return json.loads(request.body, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise BodyUnreadable(
                "请求体不是有效的 JSON（UTF-8）。请核对引号、逗号和编码。",
                "The body is no valid JSON in UTF-8; check quotes, commas and encoding.",
            ) from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def too_large() -> TooLarge:
    return TooLarge(
        "请求太大。JSON 最多 1 MB；名册请用文件上传。",
        "The request is too large. JSON may have 1 MB; upload rosters as files.",
    )


api = NinjaAPI(
    title="学籍 Xueji",
    version=VERSION,
    description=DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
    auth=[Token(), Session()],
    parser=JsonParser(),
    servers=[{"url": "/", "description": "本系统 / this registry"}],
    openapi_extra={"tags": TAGS, "info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}},
)
# Each room has put its doors on the router when it was imported.
ROOMS = (
    history_api,
    permissions_api,
    stand_ins_api,
    changes_api,
    students_api,
    organisations_api,
    packs_api,
    status_api,
    disclosures_api,
)
api.add_router("", router)


# Errors ----------------------------------------------------------------------------------


@api.exception_handler(Refused)
def refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return refusal(refused)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = refusal(
        Refused(
            "请先登录，或带上有效的访问令牌（Authorization: Bearer …）。令牌可能已过期。",
            "Sign in, or send a valid access token (Authorization: Bearer …). Yours may have expired.",
            code="not-signed-in",
        ),
        401,
    )
    response["WWW-Authenticate"] = 'Bearer realm="xueji"'
    return response


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    if isinstance(cause, Refused):
        return refusal(cause)
    return refusal(Refused("请求无法处理，请核对格式。", str(error), code="bad-request"), error.status_code)


@api.exception_handler(Http404)
def absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return refusal(nothing_there())


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return refusal(too_large())


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
def malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    return refusal(
        BodyUnreadable(
            "请求格式有误，无法读取。表单上传须为 multipart/form-data。",
            "The request is malformed and cannot be read. Files are sent as multipart/form-data.",
        )
    )


def nothing_there() -> NotFound:
    return NotFound("没有这个地址。接口说明见 /api/v1/docs。", "There is no such address; see /api/v1/docs.")


# What is wrong with a field, by the kind of error; {…} comes with it.
SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("缺少此项", "is missing"),
    "extra_forbidden": ("没有此项，请删去", "is not known; take it out"),
    "string_type": ("应为文本（加引号）", "must be text, in quotes"),
    "string_unicode": ("含有无效的字符", "holds characters that are none"),
    "string_too_long": ("最多 {max_length} 个字符", "may have at most {max_length} characters"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_pattern_mismatch": ("格式不对", "does not have the right form"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_from_float": ("应为整数，不能有小数", "must be a whole number without decimals"),
    "int_parsing_size": ("数字过大", "is too large a number"),
    "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
    "less_than": ("应小于 {lt}", "must be less than {lt}"),
    "date_type": ("应为日期（如 2026-09-01）", "must be a day, such as 2026-09-01"),
    "date_from_datetime_parsing": ("应为日期（如 2026-09-01）", "must be a day, such as 2026-09-01"),
    "date_parsing": ("应为日期（如 2026-09-01）", "must be a day, such as 2026-09-01"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "uuid_type": ("应为编号（UUID）", "must be an id (UUID)"),
    "uuid_parsing": ("应为编号（UUID）", "must be an id (UUID)"),
    "list_type": ("应为列表", "must be a list"),
    "too_long": ("最多 {max_length} 项", "may have at most {max_length} items"),
    "too_short": ("至少 {min_length} 项", "must have at least {min_length} item(s)"),
    "model_attributes_type": ("应为对象", "must be an object"),
    "model_type": ("应为对象", "must be an object"),
    "literal_error": ("应为以下之一：{expected}", "must be one of: {expected}"),
    "value_error": ("含有不能保存的字符", "holds characters that cannot be kept"),
}


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [fault_of(one) for one in error.errors]
    names = [fault["field"] for fault in faults]
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return refusal(
        InvalidRequest(
            f"请求中有 {len(faults)} 处不对：{shown}。请按 errors 中的说明改正。",
            f"{len(faults)} field(s) of the request cannot be: {shown}. See `errors` for each.",
        ),
        errors=faults[:100],
    )


def fault_of(error: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with one field, naming it as the caller wrote it."""
    source, *way = error["loc"]
    if source == "body" and len(way) > 1:
        way = way[1:]  # the name of our own argument
    elif source == "body":
        way = ["body"]
    field = ".".join(str(part) for part in way)[:200]
    zh, en = SENTENCES.get(error["type"], ("格式不对", "cannot be read"))
    facts = _Lenient(error.get("ctx", {}))
    return {
        "field": field,
        "message_zh": f"{field}：{zh.format_map(facts)}。",
        "message_en": f"{field} {en.format_map(facts)}.",
    }


# The page that describes it --------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """An operation as the page shows it."""

    method: str
    path: str
    summary: str
    description: str
    fields: list[tuple[str, str, bool]]
    statuses: list[str]


def spoken(text: str) -> str:
    """Return the half of a text that is in the reader's language: 中文 / English, or two paragraphs."""
    for separator in ("\n\n", " / "):
        zh, found, en = text.partition(separator)
        if found:
            return zh if in_chinese() else en
    return text


def operations(description: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Return every operation of the description with its tag."""
    for address, methods in description["paths"].items():
        for method, one in methods.items():
            yield (
                one["tags"][0],
                Operation(
                    method=method.upper(),
                    path=address,
                    summary=spoken(one["summary"]),
                    description=spoken(one.get("description", "")),
                    fields=[
                        (p["name"], spoken(p.get("description", "")), p["required"])
                        for p in one["parameters"]
                    ],
                    statuses=[str(status) for status in one["responses"]],
                ),
            )


def docs(request: HttpRequest) -> HttpResponse:
    """The description for people: what can be called, with which parameters."""
    description = api.get_openapi_schema()
    every = list(operations(description))
    groups = [
        (spoken(tag["description"]), [one for name, one in every if name == tag["name"]]) for tag in TAGS
    ]
    return render(request, "web/api.html", {"groups": groups, "about": spoken(DESCRIPTION)})


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    return refusal(nothing_there())


_patterns, _app, _namespace = api.urls
urls = (
    [path("", no_such_address), path("docs", docs, name="docs"), *_patterns, re_path("", no_such_address)],
    _app,
    _namespace,
)
