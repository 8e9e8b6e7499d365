"""Certificates as they are read: one by one, and of files that have several."""

import shutil
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.facts.der import certificate, certificates
from mcwan.facts.surveyed import Certificate
from tests.certificates import der, pem

BEGINS, ENDS = datetime(2026, 11, 1, tzinfo=UTC), datetime(2036, 11, 1, tzinfo=UTC)
ONE, TWO = der(BEGINS, ENDS, own="0102", key="0102"), der(BEGINS, ENDS, own="0a0b", number=2)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
KEYS = st.binary(max_size=20).map(bytes.hex)


@given(begins=TIMES, ends=TIMES, own=KEYS, key=KEYS, number=st.integers(1, 2**31))
def test_a_certificate_is_read_as_it_was_made(
    begins: datetime, ends: datetime, own: str, key: str, number: int
) -> None:
    begins, ends = begins.replace(microsecond=0), ends.replace(microsecond=0)
    made = der(begins, ends, own=own, key=key, number=number)
    assert certificate(made) == Certificate(begins, ends, "", key, (), own, sha256(made).hexdigest())


def test_a_file_of_several() -> None:
    told = f"The old root:\r\n{pem(ONE)}and the new one:\n{pem(TWO, ONE)}"
    assert certificates(told) == (certificate(ONE), certificate(TWO)), "each is told once"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is no file of certificates in PEM"),
        ("no PEM", "it is no file of certificates in PEM"),
        (pem(ONE)[:-40], "it is no file of certificates in PEM"),
        (pem(ONE) + pem(TWO)[:-40], "it is no file of certificates in PEM"),
        (
            pem(ONE) + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "it is no file of certificates in PEM",
        ),
        (pem(ONE, b"no certificate"), "certificate 2 of 2 in it cannot be read"),
        (pem(ONE[:-9]), "certificate 1 of 1 in it cannot be read"),
        (pem(ONE).replace("MF", "M!"), "certificate 1 of 1 in it cannot be read"),
    ],
)
def test_what_is_no_such_file(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        certificates(text)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
def test_a_root_of_openssls(tmp_path: Path) -> None:
    subject = ["-subj", "/CN=root", "-days", "30", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    where = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "crt.pem")]
    subprocess.run(["openssl", "req", "-x509", *subject, *where], check=True, capture_output=True)
    ask = ["openssl", "x509", "-in", str(tmp_path / "crt.pem"), "-noout", "-fingerprint", "-sha256", "-ext"]
    told = subprocess.run([*ask, "subjectKeyIdentifier"], check=True, capture_output=True, text=True).stdout.split("\n")
    (one,) = certificates((tmp_path / "crt.pem").read_text(encoding="ascii"))
    assert one.key == one.own, "it has signed itself"
    assert one.fingerprint in {line.partition("=")[2].replace(":", "").lower() for line in told}
    assert one.own in {line.strip().replace(":", "").lower() for line in told}
