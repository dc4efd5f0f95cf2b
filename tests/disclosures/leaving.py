"""Approvals and exports for tests: recorded, reviewed, released and made as in life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from tests import factories
from tests.factories import PLACES, TODAY, actor
from xueji.access.scope import acting
from xueji.disclosures.actions import approvals, exports, making
from xueji.disclosures.actions.approvals import Said
from xueji.disclosures.models import Approval, Export
from xueji.disclosures.rules.approvals import ApprovalKind, ExportState, Government

OFFICER, LEADER, SECURITY, AUDITOR = "o330902", "l330902", "s330902", "u330902"
COUNTY = 330902 * 1_000_000
NOW = datetime(2026, 9, 10, 2, 0, tzinfo=UTC)
FIELDS = ("name", "sex", "birth_on", "document_number", "school", "grade", "class", "ethnicity", "phone")
RECIPIENT = "合成接收方"
SCAN = b"%PDF-1.4 made up"


def colleagues(county: str = "330902") -> None:
    """Give a county a security administrator and an auditor."""
    factories.account(f"s{county}", int(county) * 1_000_000, "security")
    factories.account(f"u{county}", int(county) * 1_000_000, "auditor")


@cache
def key_pair(name: str) -> tuple[str, rsa.RSAPrivateKey]:
    """Return a recipient's certificate as PEM, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(NOW + timedelta(days=3000))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode(), key


def said(**changed: Any) -> Said:
    """Return what an officer fills in for an approval of the county's government."""
    values: dict[str, Any] = {
        "kind": ApprovalKind.GOVERNMENT,
        "purpose": "合成用途：核对助学名单",
        "range_place": COUNTY,
        "fields": FIELDS,
        "recipient": "合成民政局",
        "certificate": key_pair(RECIPIENT)[0],
        "row_cap": 1_000,
        "valid_from": TODAY,
        "valid_until": date(2026, 12, 31),
        "level": Government.COUNTY,
        "government": "合成区人民政府",
        "document_number": "合成政函〔2026〕1号",
        "scan": SCAN,
        "scan_name": "批准.pdf",
    }
    return Said(**(values | changed))


def county_of(found: Approval | Export) -> str:
    return f"{found.place // 1_000_000:06d}"


def recorded(*, by_county: str = "330902", **changed: Any) -> Approval:
    by = actor(f"o{by_county}")
    changed = {"range_place": by.place} | changed
    with acting(by.scope):
        return approvals.record_approval(said(**changed), by=by, today=TODAY)


def in_force(**changed: Any) -> Approval:
    """Record an approval and have two others review it."""
    approval = recorded(**changed)
    for role in "ls":
        by = actor(role + county_of(approval))
        with acting(by.scope):
            approval = approvals.review(approval.pk, is_granted=True, by=by, now=NOW)
    return approval


def requested(approval: Approval, *, at: int | None = None, today: date = TODAY, **changed: Any) -> Export:
    by = actor(f"o{county_of(approval)}")
    values: dict[str, Any] = {"range_place": approval.place if at is None else at, "fields": FIELDS} | changed
    with acting(by.scope):
        return exports.request_export(approval.pk, by=by, today=today, **values)


def released(approval: Approval, **changed: Any) -> Export:
    export = requested(approval, **changed)
    by = actor(f"l{county_of(approval)}")
    with acting(by.scope):
        return exports.release(export.pk, by=by, now=NOW, today=TODAY)


def settled(export: Export) -> Export:
    """Let the worker do its part and return the export as it stands then."""
    making.make(export.pk, now=NOW, today=TODAY)
    return as_is(export)


def as_is(export: Export) -> Export:
    found: Export = Export.everywhere.using("owner").get(pk=export.pk)
    return found


def fetched(export: Export) -> bytes:
    by = actor(f"o{county_of(export)}")
    with acting(by.scope):
        return exports.fetch(export.pk, by=by, now=NOW + timedelta(hours=1)).content


def opened(content: bytes, name: str = RECIPIENT) -> bytes:
    """Return the workbook in an encrypted file, as its recipient opens it."""
    pem, key = key_pair(name)
    return pkcs7.pkcs7_decrypt_der(content, x509.load_pem_x509_certificate(pem.encode()), key, [])


def made(approval: Approval, **changed: Any) -> Export:
    export = settled(released(approval, **changed))
    assert export.state == ExportState.DONE, export.reason
    return export


def cells(workbook: bytes) -> list[list[str]]:
    """Return the cells of a workbook of ours, the notice and the headers first."""
    from xueji.disclosures.actions.traces import rows_of

    return rows_of(workbook, name="合成.xlsx")


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode()


HERE = PLACES["2133000001"]
