"""Sealed accounts (封存): the report, the request to open one again, and the second person's decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access import actions_sealing
from xueji.access.models import Account
from xueji.access.queries import SealedAccount, sealed_accounts
from xueji.lib.errors import Refused
from xueji.organisations.queries import authorities_below, authority_above, name_at, offices_at
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.schools.views import number_key

PAGE = 50


@door("accounts.sealed")
def sealed(request: ActingRequest) -> HttpResponse:
    """The sealed accounts one level below, with what was asked for; oldest first."""
    by = request.actor
    after = number_key(request.GET.get("after", "0"))
    if after is None:
        raise Http404
    below = [one.place for one in authorities_below(by.place)]
    found = sealed_accounts(by.place, below, limit=PAGE + 1, after=after)
    shown = found[:PAGE]
    offices = {one.place: one.name for one in offices_at(sorted({one.place for one in shown}))}
    may_ask, may_decide = by.may("accounts.unseal_ask"), by.may("accounts.unseal_decide")

    def row(one: SealedAccount) -> dict[str, Any]:
        return {
            "one": one,
            "office": offices.get(one.place, ""),
            "may_ask": may_ask and one.unsealing_id is None,
            "may_decide": may_decide and one.unsealing_id is not None and one.asked_by != by.account_id,
        }

    context = {
        "rows": [row(one) for one in shown],
        "after": shown[-1].id if len(found) > PAGE else "",
        "may_act": may_ask or may_decide,
    }
    return render(request, "accounts/sealed.html", context)


class ReasonForm(forms.Form):
    """Why an account is to be opened again."""

    reason = forms.CharField(
        label=gettext_lazy("启封理由"),
        max_length=actions_sealing.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@door("accounts.unseal_ask", methods=("GET", "HEAD", "POST"), is_risky=True)
def ask(request: ActingRequest, account_id: int) -> HttpResponse:
    """Ask that a sealed account opens again."""
    account = Account.objects.filter(pk=account_id, sealed_on__isnull=False).first()
    if account is None or account.place not in request.actor.scope:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "account": account,
        "office": name_at(account.place),
        "crumbs": [(_("封存的账号"), reverse("sealed-accounts")), (account.username, "")],
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            actions_sealing.ask_unsealing(
                account_id,
                reason=form.cleaned_data["reason"],
                by=request.actor,
                above=authority_above(account.place),
                today=timezone.localdate(),
            )
            messages.success(request, _("已提交，由本单位的另一人（主管领导或安全管理员）审核。"))
            return reverse("sealed-accounts")

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "accounts/unseal.html", context, refused=refused)
    return render(request, "accounts/unseal.html", context, status=UNPROCESSABLE if form.errors else None)


@door("accounts.unseal_decide", methods=("POST",), is_risky=True)
def decide(request: ActingRequest, unsealing_id: int) -> HttpResponse:
    """Grant or refuse what a colleague asked for."""
    is_granted = request.POST.get("granted") == "yes"
    asked = actions_sealing.decide_unsealing(
        unsealing_id, is_granted=is_granted, by=request.actor, today=timezone.localdate()
    )
    name = {"name": asked.account.name}
    messages.success(
        request,
        _("%(name)s 的账号已启封。请账号管理员发新的一次性链接，由本人设置新密码。") % name
        if is_granted
        else _("已不同意启封 %(name)s 的账号。") % name,
    )
    return HttpResponseRedirect(reverse("sealed-accounts"))
