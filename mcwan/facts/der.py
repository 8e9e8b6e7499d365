"""Reads of a certificate when it is valid, who signed it, whose it is: the little of DER and RFC 5280 that this takes.

The standard library tells it of verified certificates only (ssl.SSLSocket.getpeercert).
"""

import re
from binascii import Error as NoBase64
from binascii import a2b_base64
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from mcwan.facts.surveyed import Certificate

_VERSION, _EXTENSIONS, _KEY = 0xA0, 0xA3, 0x80
_DNS_NAME, _URI = 0x82, 0x86
_UTC_TIME = 0x17
_AUTHORITY_KEY = bytes.fromhex("551d23")
"""2.5.29.35, authorityKeyIdentifier (RFC 5280, 4.2.1.1)."""
_OWN_KEY = bytes.fromhex("551d0e")
"""2.5.29.14, subjectKeyIdentifier (4.2.1.2)."""
_NAMES = bytes.fromhex("551d11")
"""2.5.29.17, subjectAltName (4.2.1.6)."""
_PEM = re.compile("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
"""RFC 7468, 5.1; what is between certificates explains them."""


def certificate(der: bytes) -> Certificate:
    """Read a certificate. Raises ValueError if it is none."""
    try:
        _, whole = next(_items(der))
        _, signed = next(_items(whole))
        fields = [one for one in _items(signed) if one[0] != _VERSION]
        _, _, (_, issuer), (_, validity), *rest = fields  # serial number and algorithm come first
        begins, ends = (_time(*one) for one in _items(validity))
        key = next((one.hex() for tag, one in _items(_extension(rest, _AUTHORITY_KEY)) if tag == _KEY), "")
        names = tuple(one.decode("ascii") for tag, one in _items(_extension(rest, _NAMES)) if tag in (_DNS_NAME, _URI))
        own = _extension(rest, _OWN_KEY).hex()
        return Certificate(begins, ends, issuer.hex(), key, names, own, sha256(der).hexdigest())
    except (IndexError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError("not a certificate") from error


def certificates(pem: str) -> tuple[Certificate, ...]:
    """Read a file of certificates, each once. Raises ValueError, which says what is wrong, if one is none."""
    found: dict[str, Certificate] = {}
    blocks = _PEM.findall(pem)
    if not blocks or len(blocks) != pem.count("-----BEGIN "):
        raise ValueError("it is no file of certificates in PEM")
    for number, block in enumerate(blocks, 1):
        try:
            one = certificate(a2b_base64("".join(block.split()), strict_mode=True))
        except (NoBase64, ValueError) as error:
            raise ValueError(f"certificate {number} of {len(blocks)} in it cannot be read") from error
        found[one.fingerprint] = one
    return tuple(found.values())


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give tag and content of each element."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut off")
        yield tag, data[at : at + length]
        at += length


def _time(tag: int, content: bytes) -> datetime:
    """Read a time; a UTCTime has two digits of the year, 1950 to 2049 (RFC 5280, 4.1.2.5.1)."""
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _extension(fields: list[tuple[int, bytes]], wanted: bytes) -> bytes:
    """Give the content of an extension's value; nothing if it is not there."""
    for tag, content in fields:
        if tag == _EXTENSIONS:
            (_, extensions), *_ = _items(content)
            for _, extension in _items(extensions):
                (_, kind), *_, (_, value) = _items(extension)
                if kind == wanted:
                    (_, found), *_ = _items(value)
                    return found
    return b""
