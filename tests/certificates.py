"""Certificates made by hand, for what reads and judges them: nobody has signed them, and no key belongs to them."""

import base64
from datetime import datetime
from textwrap import wrap

_SEQUENCE, _INTEGER, _BITS, _OCTETS, _OID, _TIME = 0x30, 0x02, 0x03, 0x04, 0x06, 0x18
_VERSION, _EXTENSIONS, _KEY = 0xA0, 0xA3, 0x80


def der(begins: datetime, ends: datetime, *, own: str = "", key: str = "", number: int = 1) -> bytes:
    """Give a certificate; `own` and `key` are its and its signer's key identifiers, in hexadecimal."""
    validity = [_item(_TIME, f"{one:%Y%m%d%H%M%SZ}".encode()) for one in (begins, ends)]
    extensions = [_extension("551d0e", _item(_OCTETS, bytes.fromhex(own)))] if own else []
    if key:
        extensions.append(_extension("551d23", _item(_SEQUENCE, _item(_KEY, bytes.fromhex(key)))))
    signed = [
        _item(_VERSION, _item(_INTEGER, b"\x02")),
        _item(_INTEGER, number.to_bytes(4, "big")),
        *(_item(_SEQUENCE) for _ in range(2)),  # the algorithm, the issuer
        _item(_SEQUENCE, *validity),
        *(_item(_SEQUENCE) for _ in range(2)),  # the subject, its key
        _item(_EXTENSIONS, _item(_SEQUENCE, *extensions)),
    ]
    return _item(_SEQUENCE, _item(_SEQUENCE, *signed), _item(_SEQUENCE), _item(_BITS, b"\x00"))


def pem(*certificates: bytes) -> str:
    """Give a file of certificates."""
    bodies = ["\n".join(wrap(base64.b64encode(one).decode(), 64)) for one in certificates]
    return "".join(f"-----BEGIN CERTIFICATE-----\n{one}\n-----END CERTIFICATE-----\n" for one in bodies)


def _extension(kind: str, value: bytes) -> bytes:
    return _item(_SEQUENCE, _item(_OID, bytes.fromhex(kind)), _item(_OCTETS, value))


def _item(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content).to_bytes(2, "big")
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 0x80 else b"\x82" + size) + content
