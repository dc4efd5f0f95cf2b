"""Who a file is encrypted to: an X.509 certificate with an RSA key, and the envelope that only its key opens.

The envelope is CMS EnvelopedData (RFC 5652) with AES-256-CBC and RSA key transport, which
every `openssl cms -decrypt` opens. CBC does not notice a change made on the way: the hash
that is shown beside the file does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from xueji.lib.errors import Refused

# Source: GM/T and NIST SP 800-57 part 1: 128 bits of security from 3072 bits of modulus on.
SMALLEST_KEY: Final = 3072
LONGEST_CERTIFICATE: Final = 20_000


class CertificateUnfit(Refused):
    code = "certificate-unfit"


@dataclass(frozen=True)
class Certificate:
    """A recipient's certificate: its text, its SHA-256 fingerprint, and the last day it is valid."""

    pem: str
    fingerprint: str
    valid_until: date


def read(pem: str, *, today: date) -> Certificate:
    """Return the certificate in a PEM text, fit to encrypt to today. Raises CertificateUnfit."""
    try:
        found = x509.load_pem_x509_certificate(pem.strip().encode()[:LONGEST_CERTIFICATE])
        key = found.public_key()
    except ValueError as error:
        raise CertificateUnfit(
            "接收方证书无法读取。请粘贴 PEM 格式的证书（以 -----BEGIN CERTIFICATE----- 开头），不要粘贴私钥。",
            "The recipient's certificate cannot be read. Paste it as PEM, beginning with -----BEGIN"
            " CERTIFICATE-----, and never a private key.",
        ) from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise CertificateUnfit(
            f"接收方证书须为 RSA 密钥，至少 {SMALLEST_KEY} 位。请接收方重新申请证书。",
            f"The recipient's certificate needs an RSA key of at least {SMALLEST_KEY} bits; let the recipient"
            " ask for another.",
        )
    until = found.not_valid_after_utc.date()
    if not found.not_valid_before_utc.date() <= today <= until:
        raise CertificateUnfit(
            f"接收方证书不在有效期内（有效期至 {until}）。请接收方提供有效的证书。",
            f"The recipient's certificate is not valid today (until {until}); ask for a valid one.",
        )
    if not _may_encrypt(found):
        raise CertificateUnfit(
            "接收方证书的用途不包括密钥加密（keyEncipherment）。请接收方提供加密证书。",
            "The recipient's certificate is not for encrypting keys (keyEncipherment); ask for an encryption"
            " certificate.",
        )
    return Certificate(
        pem=found.public_bytes(Encoding.PEM).decode(),
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        valid_until=until,
    )


def _may_encrypt(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return usage.value.key_encipherment


def seal(content: bytes, pem: str) -> bytes:
    """Return content in an envelope (DER) that opens with the key of this certificate alone."""
    return (
        PKCS7EnvelopeBuilder()
        .set_data(content)
        .add_recipient(x509.load_pem_x509_certificate(pem.encode()))
        .set_content_encryption_algorithm(algorithms.AES256)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )
