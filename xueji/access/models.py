"""Accounts, their appointments, and the keys that make a repeated request harmless."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from xueji.access.rules.permissions import ROLE_NAMES, SEPARATED, Role
from xueji.access.scope import ScopedModel


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
    password_set_on = models.DateField(null=True)
    # Long enough to stand without a second factor: its length cannot be read from the hash.
    has_long_password = models.BooleanField(db_default=False)
    # Not used for over half a year (封存), and when it was opened again.
    sealed_on = models.DateField(null=True)
    unsealed_on = models.DateField(null=True)
    # Which of the three administrators the account is, for ever; empty for all others. Appointments
    # to another of the three are refused by the database.
    duty = models.CharField(max_length=16, blank=True, default="", db_default="")
    # The framework's own note of the last sign-in: ours is `last_used_on`, a day.
    last_login = None

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
    # The role where it is one of the three administrators: together with the account it names the account's duty.
    duty = models.GeneratedField(
        expression=models.Case(
            models.When(role__in=sorted(SEPARATED), then=models.F("role")),
            default=models.Value(None, models.CharField(max_length=16)),
        ),
        output_field=models.CharField(max_length=16, null=True),
        db_persist=True,
    )
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


class OldPassword(ScopedModel):
    """The hash of a password that was replaced: it may not come again soon. `place` is the account's."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"old password of account {self.account_id}"


class Unsealing(ScopedModel):
    """A request to open a sealed account again, and what a second person at the same office decided."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="unsealings")
    reason = models.CharField(max_length=500)
    asked_by = models.BigIntegerField()
    asked_office = models.BigIntegerField()
    asked_on = models.DateField()
    decided_by = models.BigIntegerField(null=True)
    decided_on = models.DateField(null=True)
    is_granted = models.BooleanField(null=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="unsealing_takes_a_second_person",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("asked_by")),
                violation_error_message="启封须由另一人审核。",
            ),
            models.UniqueConstraint(
                name="one_open_unsealing_per_account",
                fields=["account"],
                condition=Q(decided_on__isnull=True),
                violation_error_message="该账号已有待审核的启封申请。",
            ),
        ]

    def __str__(self) -> str:
        return f"unsealing of account {self.account_id}"


class TrainingCertificate(models.Model):
    """That somebody was trained as registrar (先培训后上岗): when, by whom, which document, for how long."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="certificates")
    place = models.BigIntegerField()
    trained_on = models.DateField()
    body = models.CharField(max_length=100)
    document_number = models.CharField(max_length=60)
    valid_until = models.DateField()
    recorded_by = models.BigIntegerField(null=True)
    recorded_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_certificate_is_valid_for_some_time",
                condition=Q(valid_until__gte=models.F("trained_on")),
                violation_error_message="有效期至不能早于培训日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.document_number


class Device(models.Model):
    """A browser in which an account has signed in. Only the hash of what the browser keeps is here."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    token_hash = models.BinaryField(max_length=32)
    name = models.CharField(max_length=40, blank=True, default="")
    first_seen_on = models.DateField()
    last_seen_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_row_per_device_and_account", fields=["account", "token_hash"]),
        ]

    def __str__(self) -> str:
        return self.name


class SignIn(models.Model):
    """A session that is open: when it began, on what kind of device, by which proof."""

    session_key = models.CharField(primary_key=True, max_length=40, db_collation="C")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sign_ins")
    device_name = models.CharField(max_length=40, blank=True, default="")
    proof = models.CharField(max_length=16)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"session of account {self.account_id}"


class Throttle(models.Model):
    """Failures in a row of one account at one device, or at all devices it is not known on."""

    key = models.BinaryField(primary_key=True, max_length=32)
    failures = models.IntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures} failures"


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


class Miss(ScopedModel):
    """Something that was looked up in vain, or shown in full: once a day for an account and a number.

    `index` is the keyed hash of what was asked, never the number itself. Written in the national
    role; what lies in the own area is read by its security administrator.
    """

    pk = models.CompositePrimaryKey("day", "way", "account_id", "index")
    day = models.DateField()
    way = models.CharField(max_length=8, db_collation="C")
    account_id = models.BigIntegerField()
    index = models.BinaryField(max_length=32)
    at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["day", "way", "place"], name="miss_office")]

    def __str__(self) -> str:
        return f"{self.way} of account {self.account_id} on {self.day}"


class Allowance(ScopedModel):
    """What a security administrator allowed beyond a budget of the day; also the turn of an account that looks up."""

    pk = models.CompositePrimaryKey("day", "way", "counted", "who")
    day = models.DateField()
    way = models.CharField(max_length=8, db_collation="C")
    counted = models.CharField(max_length=8, db_collation="C")
    # An account's id, or a place.
    who = models.BigIntegerField()
    extra = models.IntegerField()
    reason = models.CharField(max_length=200)
    allowed_by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.extra} more of {self.way} on {self.day}"


class Alarm(ScopedModel):
    """Something that a security administrator has to look at. `place` is the office where it happened."""

    # What it is about, hashed: the same matter is told once.
    key = models.BinaryField(max_length=16, unique=True)
    kind = models.CharField(max_length=16)
    account_id = models.BigIntegerField(null=True)
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())
    settled_by = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(
                fields=["place", "id"], condition=Q(settled_at__isnull=True), name="alarm_open_by_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.place}"
