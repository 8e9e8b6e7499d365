"""Certificates of the lab are what OpenSSL itself takes for good."""

import base64
import subprocess
from pathlib import Path

from lab import certificates

NAMES = ("ingress.east.example", "spiffe://east.example/cluster/east/ingress")


def verified(root: Path, untrusted: Path, certificate: Path) -> bool:
    words = ["openssl", "verify", "-x509_strict", "-CAfile", str(root), "-untrusted", str(untrusted), str(certificate)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_a_mesh_has_an_authority_of_its_own_below_the_fabrics_root(tmp_path: Path) -> None:
    root = certificates.root(tmp_path / "root")
    foreign = certificates.root(tmp_path / "foreign")
    made = certificates.intermediate(root, tmp_path / "east", "east.example")
    assert certificates.intermediate(root, tmp_path / "east", "east.example") == made
    read = {file.name: file.read_bytes() for file in made.iterdir()}
    assert read["root-cert.pem"] == (root / "ca.crt").read_bytes()
    assert read["cert-chain.pem"] == read["ca-cert.pem"] + read["root-cert.pem"]
    authority = tmp_path / "authority"
    authority.mkdir()
    for name, file in {"ca.crt": "ca-cert.pem", "ca.key": "ca-key.pem"}.items():
        (authority / name).write_bytes(read[file])
    leaf = certificates.issue(authority, tmp_path / "leaf", NAMES, "serverAuth") / "tls.crt"
    assert verified(root / "ca.crt", made / "ca-cert.pem", leaf)
    assert not verified(foreign / "ca.crt", made / "ca-cert.pem", leaf)


def test_istiod_gets_its_authority_in_the_secret_that_it_looks_for(tmp_path: Path) -> None:
    made = certificates.intermediate(certificates.root(tmp_path / "root"), tmp_path / "east", "east.example")
    secret = certificates.cacerts(made, "istio-system")
    assert secret["metadata"] == {"name": "cacerts", "namespace": "istio-system"}
    assert {name: base64.b64decode(value) for name, value in secret["data"].items()} == {
        file.name: file.read_bytes() for file in made.iterdir()
    }
