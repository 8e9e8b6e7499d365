"""Reads of a certificate when it is valid and who signed it: the little of DER and RFC 5280 that this takes.

The standard library tells it of verified certificates only (ssl.SSLSocket.getpeercert).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from mcwan.facts.surveyed import Certificate

_VERSION, _EXTENSIONS, _KEY = 0xA0, 0xA3, 0x80
_UTC_TIME = 0x17
_AUTHORITY_KEY = bytes.fromhex("551d23")
"""2.5.29.35, authorityKeyIdentifier (RFC 5280, 4.2.1.1)."""


def certificate(der: bytes) -> Certificate:
    """Read a certificate. Raises ValueError if it is none."""
    try:
        _, whole = next(_items(der))
        _, signed = next(_items(whole))
        fields = [one for one in _items(signed) if one[0] != _VERSION]
        _, _, (_, issuer), (_, validity), *rest = fields  # serial number and algorithm come first
        begins, ends = (_time(*one) for one in _items(validity))
        return Certificate(begins, ends, issuer.hex(), _authority_key(rest))
    except (IndexError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError("not a certificate") from error


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


def _authority_key(fields: list[tuple[int, bytes]]) -> str:
    for tag, content in fields:
        if tag == _EXTENSIONS:
            (_, extensions), *_ = _items(content)
            for _, extension in _items(extensions):
                (_, kind), *_, (_, value) = _items(extension)
                if kind == _AUTHORITY_KEY:
                    (_, parts), *_ = _items(value)
                    return next((one.hex() for called, one in _items(parts) if called == _KEY), "")
    return ""
