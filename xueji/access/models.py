"""Accounts, their appointments, and the keys that make a repeated request harmless."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from xueji.access.rules.permissions import ROLE_NAMES, Role


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A person who may sign in. What the person may do lies in the appointments."""

    username = models.CharField("用户名", max_length=40, unique=True, db_collation="C")
    name = models.CharField("姓名", max_length=60)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="zh-hans")
    # Where the account was created: its administrator's area.
    place = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    last_used_on = models.DateField(null=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.username


class Appointment(models.Model):
    """An account's role at an office, for a time. A person can hold several.

    `stands_in_for` is the appointment of the colleague who named this one as stand-in (代理): it
    has an end from the start, and ends with the other.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appointments")
    place = models.BigIntegerField()
    role = models.CharField(max_length=16, choices=[(r.value, ROLE_NAMES[r][0]) for r in Role])
    since = models.DateField()
    until = models.DateField(null=True)
    stands_in_for = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="stand_ins", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_stand_in_ends",
                condition=Q(stands_in_for__isnull=True) | Q(until__isnull=False),
                violation_error_message="代理须有截止日期。",
            ),
            models.UniqueConstraint(
                name="one_running_appointment_per_role_and_office",
                fields=["account", "place", "role"],
                condition=Q(until__isnull=True),
                violation_error_message="该账号在本单位已有此任职。",
            ),
        ]
        indexes = [
            models.Index(fields=["place"], name="appointment_place"),
            models.Index(
                fields=["stands_in_for"],
                condition=Q(stands_in_for__isnull=False),
                name="appointment_stand_in",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} {self.place}"


class OneTimeLink(models.Model):
    """A link that lets its account set a password once. Only the hash of the token is kept."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of account {self.account_id}"


class ApiToken(models.Model):
    """A program's key to one appointment. Only the hash is kept."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE)
    name = models.CharField(max_length=60)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """What a request with this key was answered, so that a repetition gets the same answer."""

    pk = models.CompositePrimaryKey("account_id", "key")
    account_id = models.BigIntegerField()
    key = models.CharField(max_length=64, db_collation="C")
    request_hash = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    answer: models.JSONField[Any, Any] = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key
