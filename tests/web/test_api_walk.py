"""Every operation of the API at once: without rights it is refused, and whatever is sent, it is no server error."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from ninja import Schema

from tests.web.test_api import Caller
from xueji.web.api import api

pytestmark = pytest.mark.usefixtures("db")

NOWHERE = "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11"
# A family's code opens it to everybody; the sealed history is open to who copies or signs it.
PUBLIC = {"trackCase", "listBlocks", "coSign"}
# What an account administrator may read as well: names of schools, the rules of provinces, who may do what.
OF_ADMINISTRATORS = {
    "listSchools", "getSchool", "listPacks", "listPackVersions", "getPack", "comparePacks", "listPermissions",
}  # fmt: skip
DESCRIPTION: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
SCHEMAS = DESCRIPTION["components"]["schemas"]


@dataclass(frozen=True)
class Operation:
    """One operation with an address and a body that fit its description."""

    id: str
    method: str
    address: str
    query: dict[str, Any]
    body: Any
    form: dict[str, Any] | None


def sample(schema: dict[str, Any]) -> Any:
    """Return the smallest value that fits a schema: its example, where it has one."""
    if "$ref" in schema:
        return sample(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("anyOf", "allOf", "oneOf"):
        if name in schema:
            return sample(next(one for one in schema[name] if one.get("type") != "null"))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][-1]
    match schema.get("type"):
        case "object":
            known = schema.get("properties", {})
            return {name: sample(known[name]) for name in schema.get("required", ())}
        case "array":
            return [sample(schema["items"])] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    if schema.get("format") == "uuid":
        return NOWHERE
    if schema.get("format") == "date":
        return "2026-09-10"
    if "pattern" in schema:
        return "2133000001"
    return "x" * max(1, schema.get("minLength", 1))


def operations() -> Iterator[Operation]:
    for address, methods in DESCRIPTION["paths"].items():
        for method, one in methods.items():
            path = address.removeprefix("/api/v1")
            query = {}
            for parameter in one["parameters"]:
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", str(sample(parameter["schema"])))
                elif parameter["in"] == "query" and parameter["required"]:
                    query[parameter["name"]] = sample(parameter["schema"])
            content = one.get("requestBody", {}).get("content", {})
            body = form = None
            if "application/json" in content:
                body = sample(content["application/json"]["schema"])
            elif content:
                (schema,) = (kind["schema"] for kind in content.values())
                form = {name: sample(part) for name, part in schema["properties"].items() if name != "file"}
            yield Operation(one["operationId"], method, path, query, body, form)


OPERATIONS = tuple(operations())


def call(client: Client, one: Operation, headers: dict[str, str], **changed: Any) -> Any:
    address = f"/api/v1{changed.get('address', one.address)}"
    if one.method == "get":
        return client.get(address, changed.get("query", one.query), headers=headers)
    headers = headers | {"Idempotency-Key": str(uuid.uuid4())}
    if one.form is not None:
        form = one.form | {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.4 made up")} | changed.get("form", {})
        return client.post(address, form, headers=headers)
    body = json.dumps(changed.get("body", {} if one.body is None else one.body))
    return client.generic(one.method.upper(), address, body, content_type="application/json", headers=headers)


def test_the_walk_knows_every_operation() -> None:
    assert len(OPERATIONS) > 70
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)
    assert {one.id for one in OPERATIONS} >= PUBLIC | OF_ADMINISTRATORS


def shapes(of: type[Schema]) -> Iterator[type[Schema]]:
    for one in of.__subclasses__():
        yield one
        yield from shapes(one)


def test_no_two_shapes_have_one_name_by_which_the_description_would_take_one_for_the_other() -> None:
    found = Counter(
        one.__name__
        for one in set(shapes(Schema))
        if one.__module__.startswith("xueji.") and "[" not in one.__name__
    )
    assert {name: number for name, number in found.items() if number > 1} == {}


def test_a_stranger_is_refused_everywhere() -> None:
    client = Client()
    found = {one.id: call(client, one, {}).status_code for one in OPERATIONS if one.id not in PUBLIC}
    assert {name: status for name, status in found.items() if status != 401} == {}


def test_who_has_no_right_to_it_is_refused_everywhere() -> None:
    caller = Caller("a330902")
    found = {}
    for one in OPERATIONS:
        if one.id in PUBLIC | OF_ADMINISTRATORS:
            continue
        answer = call(caller.client, one, caller.headers())
        found[one.id] = (answer.status_code, answer.json()["code"])
    assert {name: told for name, told in found.items() if told[0] not in (403, 404)} == {}


@pytest.mark.parametrize("username", ["r2133000001", "l2133000001", "o330902"])
def test_no_role_meets_a_server_error_with_what_the_description_says(username: str) -> None:
    caller = Caller(username)
    for one in OPERATIONS:
        answer = call(caller.client, one, caller.headers())
        assert answer.status_code < 500, (one.id, answer.content[:300])
        if answer.status_code >= 400:
            told = answer.json()
            assert told["code"], one.id
            assert told["message_zh"] != told["message_en"], one.id


HOSTILE = (None, [], {"version": "1", "school_year": 10**30, "cases": [None], "pupils": [{}], "": ""})


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: json.dumps(body)[:20])
def test_a_body_of_another_shape_is_said_to_be_none(body: Any) -> None:
    caller = Caller("r2133000001")
    for one in OPERATIONS:
        if one.method == "post" and one.body is not None:
            answer = call(caller.client, one, caller.headers(), body=body)
            assert answer.status_code < 500, (one.id, answer.content[:300])


def test_a_wrong_part_of_an_address_is_not_found_or_said_to_be_wrong() -> None:
    caller = Caller("o330902")
    for one in OPERATIONS:
        for wrong in ("%00", "9" * 40):
            parts = [
                wrong if part == NOWHERE or part.isdecimal() or part == "x" else part
                for part in one.address.split("/")
            ]
            if parts == one.address.split("/"):
                continue
            answer = call(caller.client, one, caller.headers(), address="/".join(parts))
            assert answer.status_code in (403, 404, 422), (one.id, wrong, answer.status_code)
