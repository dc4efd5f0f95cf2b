"""Training certificates of registrars (先培训后上岗): recorded by the authority above the school."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access import actions
from xueji.access.rules.sealing import months_later
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_above
from xueji.web.accounts.stand_ins import day_field
from xueji.web.accounts.views import appointment_or_404
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render


class CertificateForm(forms.Form):
    """When somebody was trained, by whom, which document says so, and how long it is good."""

    trained_on = day_field(gettext_lazy("培训日期"))
    body = forms.CharField(label=gettext_lazy("培训单位"), max_length=100)
    document_number = forms.CharField(label=gettext_lazy("证书编号"), max_length=60)
    valid_until = day_field(gettext_lazy("有效期至（含当天）"))

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"valid_until": months_later(today, 36)})


@door("training.record", methods=("GET", "HEAD", "POST"))
def certificate(request: ActingRequest, appointment_id: int) -> HttpResponse:
    """Record a certificate of the registrar who holds an appointment."""
    found, today = appointment_or_404(request, appointment_id), timezone.localdate()
    form = CertificateForm(request.POST if request.method == "POST" else None, today=today)
    context = {
        "form": form,
        "found": found,
        "certificates": found.account.certificates.order_by("-trained_on", "-id"),
        "today": today,
        "crumbs": [
            (_("账号"), reverse("accounts")),
            (found.account.username, reverse("appointment-page", args=[found.pk])),
            (_("培训证书"), ""),
        ],
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            actions.record_training(
                found.account_id,
                **form.cleaned_data,
                by=request.actor,
                above=authority_above(found.place),
                today=today,
            )
            messages.success(request, _("培训证书已登记，该账号可以办理业务。"))
            return reverse("appointment-page", args=[found.pk])

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "accounts/certificate.html", context, refused=refused)
    return render(
        request, "accounts/certificate.html", context, status=UNPROCESSABLE if form.errors else None
    )
