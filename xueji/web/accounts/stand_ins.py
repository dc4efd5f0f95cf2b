"""Stand-ins (代理): a colleague of the same office acts in one's place from a day to another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access import actions
from xueji.access.queries import Colleague, StandIn, colleagues_of, stand_ins_of
from xueji.access.rules.permissions import ROLE_NAMES, Role
from xueji.lib.errors import Refused
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.templatetags.xueji import spoken

ACT = "stand_in.name"
ONE_DAY = timedelta(days=1)


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("请写成 2026-09-01 的样子。")},
    )


class StandInForm(forms.Form):
    """Who, from which day, up to and including which day."""

    colleague = forms.ChoiceField(label=gettext_lazy("代理人"))
    since = day_field(gettext_lazy("从"))
    last = day_field(gettext_lazy("到（含当天）"))

    def __init__(self, data: Any, *, colleagues: tuple[Colleague, ...], today: date) -> None:
        super().__init__(data, initial={"since": today})
        self.fields["colleague"].choices = [  # type: ignore[attr-defined]
            (str(one.account_id), f"{one.name}（{spoken(ROLE_NAMES[Role(one.role)])}）") for one in colleagues
        ]


@door(ACT, methods=("GET", "HEAD", "POST"))
def stand_ins(request: ActingRequest) -> HttpResponse:
    """Who stands in for the reader now and later, and the form that names one."""
    by, today = request.actor, timezone.localdate()
    colleagues = colleagues_of(by, today=today)
    form = StandInForm(request.POST if request.method == "POST" else None, colleagues=colleagues, today=today)
    context = {
        "form": form,
        "found": [shown(one) for one in stand_ins_of(by.appointment_id, today=today)],
        "has_colleagues": bool(colleagues),
        "is_stand_in": by.is_stand_in,
        "today": today,
    }
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data

        def act() -> str:
            actions.name_stand_in(
                int(chosen["colleague"]),
                since=chosen["since"],
                until=chosen["last"] + ONE_DAY,
                by=by,
                today=today,
            )
            messages.success(request, _("已指定代理，到期自动结束。"))
            return reverse("stand-ins")

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "accounts/stand_ins.html", context, refused=refused)
    return render(request, "accounts/stand_ins.html", context, status=UNPROCESSABLE if form.errors else None)


def shown(one: StandIn) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "username": one.username,
        "since": one.since,
        "last": one.until - ONE_DAY,
    }


@door(ACT, methods=("POST",))
def end(request: ActingRequest, appointment_id: int) -> HttpResponse:
    """End today what a stand-in may do."""
    actions.end_stand_in(appointment_id, by=request.actor, today=timezone.localdate())
    messages.success(request, _("代理已结束。"))
    return HttpResponseRedirect(reverse("stand-ins"))
