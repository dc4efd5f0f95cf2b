"""Sealing (封存) of accounts that nobody uses, and unsealing by the level above with a second person."""

from __future__ import annotations

from datetime import date

from django.db import connections, transaction
from django.utils import timezone

from xueji.access.actions_sign_in import end_sign_ins
from xueji.access.models import Account, Unsealing
from xueji.access.rules import sealing
from xueji.access.scope import Actor, Scope, acting, national
from xueji.audit.actions import record
from xueji.lib.errors import Refused

LONGEST_REASON = 500


class AccountSealed(Refused):
    code = "account-sealed"


class CannotUnseal(Refused):
    code = "cannot-unseal"


def last_use(account: Account) -> date:
    """Return the day from which the six months of an account count: its last use, its unsealing or its opening."""
    days = (account.last_used_on, account.unsealed_on, timezone.localdate(account.created_at))
    return max(day for day in days if day is not None)


def require_open(account: Account, *, today: date) -> None:
    """Raise AccountSealed for an account that is sealed, or has to be by today: then it is sealed now.

    Judged at every sign-in, so that nobody slips in before the night's run.
    """
    if account.sealed_on is None and sealing.is_idle(last_use(account), today):
        with acting(Scope(account.place, account.place + 1)):
            account.sealed_on = today
            account.save(update_fields=["sealed_on"])
            _record_sealing(account, today=today, using="default")
    if account.sealed_on is not None:
        raise AccountSealed(
            "账号超过半年未使用，已封存。请上一级主管部门的账号管理员申请启封。",
            "The account was not used for over half a year and is sealed. The account administrator of the level"
            " above can ask to unseal it.",
        )


SEAL = """
UPDATE access_account SET sealed_on = %(today)s
WHERE sealed_on IS NULL AND is_active AND %(today)s > (
    greatest(last_used_on, unsealed_on, (created_at AT TIME ZONE 'Asia/Shanghai')::date) + interval '6 months'
)::date
RETURNING id
"""


def seal_idle(*, today: date) -> int:
    """Seal every account that nobody used for over six calendar months, end its sessions; return how many."""
    with national("accounts.seal") as using:
        with connections[using].cursor() as cursor:
            cursor.execute(SEAL, {"today": today})
            ids = [row[0] for row in cursor.fetchall()]
        for account in Account.objects.using(using).filter(pk__in=ids).iterator():
            _record_sealing(account, today=today, using=using)
    for account in Account.objects.filter(pk__in=ids).iterator():
        end_sign_ins(account, record_it=False)
    return len(ids)


def _record_sealing(account: Account, *, today: date, using: str) -> None:
    record(
        "account.seal",
        by=None,
        office=account.place,
        subject_kind="account",
        subject_id=account.pk,
        place=account.place,
        before={"last_use": last_use(account)},
        after={"sealed_on": today},
        using=using,
    )


def ask_unsealing(account_id: int, *, reason: str, by: Actor, above: int, today: date) -> Unsealing:
    """Ask that a sealed account opens again; a second person at the same office decides.

    `above` is the office directly above the account's; of the ministry's own accounts the ministry
    itself. Raises NotAllowed, CannotUnseal.
    """
    account = Account.objects.filter(pk=account_id).first()
    if account is None or account.sealed_on is None:
        raise CannotUnseal("该账号没有封存。", "This account is not sealed.")
    by.require("accounts.unseal_ask", account.place)
    if by.place != above:
        raise CannotUnseal(
            "启封须由该账号的上一级主管部门办理。", "Unsealing is for the level directly above the account."
        )
    if not reason.strip():
        raise CannotUnseal("请说明启封的理由。", "Give the reason for unsealing.")
    if by.account_id == account.pk:
        raise CannotUnseal("不能为自己的账号申请启封。", "Nobody asks to unseal an account of their own.")
    with transaction.atomic():
        # Two at once: the second waits here and sees the first.
        Account.objects.select_for_update().get(pk=account.pk)
        if Unsealing.objects.filter(account=account, decided_on__isnull=True).exists():
            raise CannotUnseal(
                "该账号已有待审核的启封申请。", "Somebody has asked to unseal this account already."
            )
        asked = Unsealing.objects.create(
            account=account,
            place=account.place,
            reason=reason.strip()[:LONGEST_REASON],
            asked_by=by.account_id,
            asked_office=by.place,
            asked_on=today,
        )
        record(
            "account.ask_unsealing",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=account.pk,
            place=account.place,
            after={"reason": asked.reason},
        )
    return asked


def decide_unsealing(unsealing_id: int, *, is_granted: bool, by: Actor, today: date) -> Unsealing:
    """Grant or refuse what a colleague asked for. A granted account opens by a new one-time link only.

    Raises NotAllowed; CannotUnseal for one's own request, another office's, or one decided already.
    """
    by.require("accounts.unseal_decide")
    with transaction.atomic():
        asked = (
            Unsealing.objects.select_for_update(of=("self",))
            .select_related("account")
            .filter(pk=unsealing_id, asked_office=by.place)
            .first()
        )
        if asked is None:
            raise CannotUnseal("没有这项启封申请。", "There is no such request.", code="not-found")
        if asked.decided_on is not None:
            raise CannotUnseal("该申请已经审核。", "This request was decided already.")
        if by.account_id in (asked.asked_by, asked.account_id):
            raise CannotUnseal(
                "启封须由另一人审核，申请人和账号本人都不能审核。",
                "A second person decides: neither who asked nor whose account it is.",
            )
        asked.decided_by, asked.decided_on, asked.is_granted = by.account_id, today, is_granted
        asked.save(update_fields=["decided_by", "decided_on", "is_granted"])
        account = asked.account
        if is_granted:
            account.sealed_on, account.unsealed_on = None, today
            # A password that lay about for half a year is none any more.
            account.set_unusable_password()
            account.save(update_fields=["sealed_on", "unsealed_on", "password"])
        record(
            "account.unseal" if is_granted else "account.refuse_unsealing",
            by=by.account_id,
            office=by.place,
            subject_kind="account",
            subject_id=account.pk,
            place=account.place,
            after={"asked_by": asked.asked_by, "reason": asked.reason},
        )
    return asked
