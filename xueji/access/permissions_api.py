"""Who may do what, over HTTP: the table of permissions as the registry itself asks it."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

from xueji.access.api import READ_ERRORS, ActingRequest, answer, router
from xueji.access.rules.permissions import LEVEL_NAMES, PERMISSIONS, ROLE_NAMES, Level, Role


class HolderShown(Schema):
    """A role at a level."""

    role: str = Field(examples=["registrar"])
    role_zh: str
    role_en: str
    level: str = Field(examples=["school"])
    level_zh: str
    level_en: str


class PermissionShown(Schema):
    """An act, and the roles that may do it, each at its levels."""

    act: str = Field(examples=["students.view"])
    name_zh: str
    name_en: str
    holders: list[HolderShown]


class Permissions(Schema):
    items: list[PermissionShown]


@router.get(
    "/permissions",
    response={200: Permissions, **READ_ERRORS},
    summary="权限表 / Who may do what",
    description="不在表中的，一律不可以。 What is not in the table is not allowed.",
    tags=["trust"],
    operation_id="listPermissions",
)
def listed(request: ActingRequest) -> HttpResponse:
    request.actor.require("permissions.view")
    content = Permissions(
        items=[
            PermissionShown(
                act=one.act,
                name_zh=one.zh,
                name_en=one.en,
                holders=[
                    HolderShown(
                        role=role.value,
                        role_zh=ROLE_NAMES[role][0],
                        role_en=ROLE_NAMES[role][1],
                        level=level.value,
                        level_zh=LEVEL_NAMES[level][0],
                        level_en=LEVEL_NAMES[level][1],
                    )
                    for role in Role
                    for level in Level
                    if (role, level) in one.holders
                ],
            )
            for one in PERMISSIONS
        ]
    )
    return answer(200, content.model_dump(mode="json"))
