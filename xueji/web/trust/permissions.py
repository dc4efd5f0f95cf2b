"""Who may do what, as the registry itself asks it: the table of permissions, row by row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import (
    AUTHORITIES,
    BELOW_MINISTRY,
    LEVEL_NAMES,
    PERMISSIONS,
    ROLE_NAMES,
    Level,
    Permission,
    Role,
)
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import Column, Row, Table, render
from xueji.web.templatetags.xueji import spoken


class PermissionFilter(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("角色"), required=False)
    level = forms.ChoiceField(label=gettext_lazy("层级"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        every = ("", _("全部"))
        self.fields["role"].choices = [every, *((role.value, spoken(ROLE_NAMES[role])) for role in Role)]  # type: ignore[attr-defined]
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            every,
            *((level.value, spoken(LEVEL_NAMES[level])) for level in Level),
        ]


@door("permissions.view")
def permissions(request: ActingRequest) -> HttpResponse:
    """Every act with the roles that may do it, each at its levels; narrowed to a role or a level."""
    form = PermissionFilter(request.GET)
    if not form.is_valid():
        raise Http404
    role, level = form.cleaned_data["role"], form.cleaned_data["level"]
    roles = [one for one in Role if not role or one == role]
    found = [one for one in PERMISSIONS if any(is_asked(held, role, level) for held in one.holders)]
    columns = (Column(_("业务")), *(Column(spoken(ROLE_NAMES[one])) for one in roles))
    rows = tuple(
        Row((spoken((one.zh, one.en)), *(levels_of(one, holder) for holder in roles))) for one in found
    )
    return render(
        request,
        "trust/permissions.html",
        {
            "form": form,
            "table": Table(_("权限表"), columns, rows) if rows else None,
            "is_filtered": bool(role or level),
        },
    )


def is_asked(held: tuple[Role, Level], role: str, level: str) -> bool:
    return (not role or held[0] == role) and (not level or held[1] == level)


def levels_of(permission: Permission, role: Role) -> str:
    """Return at which levels a role may do an act, in words; a dash for none."""
    levels = {level for holder, level in permission.holders if holder is role}
    if not levels:
        return "–"
    words = []
    if Level.SCHOOL in levels:
        words.append(spoken(LEVEL_NAMES[Level.SCHOOL]))
    at = levels & AUTHORITIES
    if at == AUTHORITIES:
        words.append(_("各级主管部门"))
    elif at == BELOW_MINISTRY:
        words.append(_("省、市、县级"))
    else:
        words += [spoken(LEVEL_NAMES[level]) for level in Level if level in at]
    return _("、").join(words)
