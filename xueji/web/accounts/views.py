"""Accounts of one's own office and of the offices below: opened with a one-time link, ended on a day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access import actions
from xueji.access.models import Appointment
from xueji.access.queries import STAND_IN, ListedAppointment, appointments_of, level_of
from xueji.access.rules.permissions import LEVEL_NAMES, ROLE_NAMES, ROLES_AT, Level, Role, may_appoint
from xueji.access.scope import Actor, NotAllowed
from xueji.lib.errors import Refused
from xueji.organisations.queries import (
    authorities_below,
    authority_above,
    name_at,
    offices_at,
    place_of_identifier,
)
from xueji.web.accounts.stand_ins import ONE_DAY, day_field
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.schools.views import number_key
from xueji.web.templatetags.xueji import day, spoken

PAGE = 50


@door("accounts.manage")
def accounts(request: ActingRequest) -> HttpResponse:
    """The running appointments at one's own office and one level below."""
    after, before = (key_of(request.GET.get(name, "")) for name in ("after", "before"))
    typed = request.GET.get("q", "").replace("\0", "").strip()[:60]
    own = request.actor.place
    found = appointments_of(
        own,
        [one.place for one in authorities_below(own)],
        text=typed,
        limit=PAGE + 1,
        after=after,
        before=before,
        today=timezone.localdate(),
    )
    has_more = len(found) > PAGE
    found = (found[1:] if before is not None else found[:PAGE]) if has_more else found
    context = {
        "table": table_of(found),
        "typed": typed,
        "before": text_of(found[0])
        if found and (has_more if before is not None else after is not None)
        else "",
        "after": text_of(found[-1]) if found and (has_more or before is not None) else "",
    }
    return render(request, "accounts/list.html", context)


def table_of(found: tuple[ListedAppointment, ...]) -> Table:
    offices = {one.place: one.name for one in offices_at(sorted({one.place for one in found}))}
    return Table(
        _("账号"),
        (
            Column(_("用户名")),
            Column(_("姓名")),
            Column(_("单位")),
            Column(_("岗位")),
            Column(_("任职起")),
            Column(_("最近使用")),
            Column(_("状态")),
        ),
        tuple(
            Row(
                (
                    one.username,
                    one.name,
                    offices.get(one.place, ""),
                    spoken(ROLE_NAMES[Role(one.role)]) + (spoken(STAND_IN) if one.is_stand_in else ""),
                    day(one.since),
                    day(one.last_used_on) if one.last_used_on else _("从未"),
                    state_of(one),
                ),
                url=reverse("appointment-page", args=[one.id]),
            )
            for one in found
        ),
    )


def state_of(one: ListedAppointment) -> object:
    """Return whether the account works, and what is missing if it does not."""
    if one.is_sealed:
        return part("state", tone="late", word=_("已封存"))
    if not one.has_password:
        return part("state", tone="waiting", word=_("待设密码"))
    if not one.is_trained:
        return part("state", tone="waiting", word=_("待登记培训"))
    return part("state", tone="good", word=_("可用"))


def text_of(one: ListedAppointment) -> str:
    return f"{one.place}~{one.id}"


def key_of(text: str) -> tuple[int, int] | None:
    """Return the key of the list that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    place, _tilde, id_ = text.partition("~")
    first, second = number_key(place), number_key(id_)
    if first is None or second is None:
        raise Http404
    return first, second


class AccountForm(forms.Form):
    """Whose account, where, in which role. A school is named by its identifier, an authority chosen."""

    username = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}\Z",
        label=gettext_lazy("用户名"),
        help_text=gettext_lazy("3 到 40 位字母、数字、点或横线。"),
        error_messages={
            "invalid": gettext_lazy("用户名为 3 到 40 位字母、数字、点或横线，以字母或数字开头。")
        },
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    office = forms.ChoiceField(label=gettext_lazy("单位"))
    school = forms.CharField(
        label=gettext_lazy("学校标识码"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("为学校开设账号时填写，代替上面的单位。"),
    )
    role = forms.ChoiceField(label=gettext_lazy("岗位"))
    since = day_field(gettext_lazy("任职起（空着为今天）"), required=False)
    last = day_field(gettext_lazy("任职到（含当天，空着为长期）"), required=False)

    def __init__(self, data: Any, *, by: Actor) -> None:
        super().__init__(data)
        offices = [(str(by.place), name_at(by.place))]
        levels = {by.level}
        if by.level is Level.SCHOOL:
            del self.fields["school"]
        else:
            below = [one for one in authorities_below(by.place) if may_appoint(by.level, Level(one.level))]
            offices += [(str(one.place), one.name) for one in below]
            levels |= {Level(one.level) for one in below} | {Level.SCHOOL}
        if by.level is Level.MINISTRY:
            del self.fields["school"]
            levels -= {Level.SCHOOL}
        roles = [role for role in Role if any(role in ROLES_AT[level] for level in levels)]
        self.fields["office"].choices = offices  # type: ignore[attr-defined]
        self.fields["role"].choices = [(role.value, spoken(ROLE_NAMES[role])) for role in roles]  # type: ignore[attr-defined]

    def clean_school(self) -> int | None:
        identifier = self.cleaned_data["school"].strip()
        if not identifier:
            return None
        place = place_of_identifier(identifier)
        if place is None:
            raise forms.ValidationError(_("没有标识码为 %(id)s 的学校，请核对。") % {"id": identifier})
        return place

    @property
    def place(self) -> int:
        return self.cleaned_data.get("school") or int(self.cleaned_data["office"])


@door("accounts.manage", methods=("GET", "HEAD", "POST"), is_risky=True)
def open_account(request: ActingRequest) -> HttpResponse:
    """Open an account, and show the one-time link by which its person sets the password: once, here."""
    form = AccountForm(request.POST if request.method == "POST" else None, by=request.actor)
    context: dict[str, Any] = {
        "form": form,
        "crumbs": [(_("账号"), reverse("accounts")), (_("开设账号"), "")],
    }
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            account, appointment = actions.open_account(
                username=chosen["username"],
                name=chosen["name"],
                place=form.place,
                role=Role(chosen["role"]),
                by=request.actor,
                above=authority_above(form.place),
                today=timezone.localdate(),
                since=chosen["since"],
                until=chosen["last"] + ONE_DAY if chosen["last"] else None,
            )
        except Refused as refused:
            return render(request, "accounts/open.html", context, refused=refused)
        return link_page(request, account, appointment)
    return render(request, "accounts/open.html", context, status=UNPROCESSABLE if form.errors else None)


def link_page(request: ActingRequest, account: Any, appointment: Appointment) -> HttpResponse:
    token = actions.invite(account, now=timezone.now())
    context = {
        "account": account,
        "appointment": appointment,
        "link": request.build_absolute_uri(reverse("invitation", args=[token])),
        "crumbs": [(_("账号"), reverse("accounts")), (account.username, "")],
    }
    return render(request, "accounts/link.html", context)


def appointment_or_404(request: ActingRequest, appointment_id: int) -> Appointment:
    """Return an appointment that the administrator may end. Raises Http404, NotAllowed."""
    found = Appointment.objects.select_related("account").filter(pk=appointment_id).first()
    if found is None:
        raise Http404
    actions.require_directly_above(found.place, by=request.actor, above=authority_above(found.place))
    return found


@door("accounts.manage")
def appointment(request: ActingRequest, appointment_id: int) -> HttpResponse:
    """One appointment with what the administrator can do: a new link, or its end."""
    found = appointment_or_404(request, appointment_id)
    today = timezone.localdate()
    context = {
        **page_of(found),
        "is_trained": found.account.certificates.filter(
            trained_on__lte=today, valid_until__gte=today
        ).exists(),
        "may_train": request.actor.may("training.record"),
    }
    return render(request, "accounts/appointment.html", context)


def page_of(found: Appointment) -> dict[str, Any]:
    return {
        "found": found,
        "office": name_at(found.place),
        "level": spoken(LEVEL_NAMES[level_of(found.place)]),
        "role": spoken(ROLE_NAMES[Role(found.role)]) + (spoken(STAND_IN) if found.stands_in_for_id else ""),
        "has_ended": found.until is not None and found.until <= timezone.localdate(),
        "crumbs": [(_("账号"), reverse("accounts")), (found.account.username, "")],
    }


@door("accounts.manage", methods=("POST",), is_risky=True)
def renew_link(request: ActingRequest, appointment_id: int) -> HttpResponse:
    """Give the account's person a new link: the first was lost, or the password was."""
    found = appointment_or_404(request, appointment_id)
    return link_page(request, found.account, found)


@door("accounts.manage", methods=("POST",), is_risky=True)
def end(request: ActingRequest, appointment_id: int) -> HttpResponse:
    """End an appointment today."""
    found = appointment_or_404(request, appointment_id)
    if found.account_id == request.actor.account_id:
        raise NotAllowed(
            "不能结束自己的任职，请由上一级账号管理员办理。",
            "You cannot end your own appointment; the administrator above you does.",
        )
    actions.end_appointment(
        found.pk, by=request.actor, above=authority_above(found.place), today=timezone.localdate()
    )
    messages.success(request, _("%(name)s 的任职已结束。") % {"name": found.account.name})
    return HttpResponseRedirect(reverse("accounts"))
