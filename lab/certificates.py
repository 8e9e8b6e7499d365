"""The fabric's root and the gateways' certificates, by OpenSSL, in the Secrets that a stack names."""

import base64
from collections.abc import Iterable
from pathlib import Path

from lab import netns
from lab.api import Api, Object
from lab.state import Lab
from lab.topology import Site
from mcwan.model.tls import Role, dns_name, identity
from mcwan.plan.names import NAMESPACE

_USAGE = {"ingress": "serverAuth", "egress": "clientAuth"}
ROLES: tuple[Role, ...] = ("ingress", "egress")


def root(directory: Path) -> Path:
    """Make a root of its own, unless the directory has one: ca.crt and ca.key. Gives the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "ca.crt").exists():
        netns.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", "/CN=mcwan lab root", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-keyout", str(directory / "ca.key"), "-out", str(directory / "ca.crt")),
        )
    return directory


def issue(authority: Path, target: Path, names: tuple[str, str], usage: str) -> Path:
    """Issue a certificate for a DNS name and an identity; gives the directory with tls.crt, tls.key and ca.crt."""
    target.mkdir(parents=True, exist_ok=True)
    name, uri = names
    netns.run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-CA", str(authority / "ca.crt"), "-CAkey", str(authority / "ca.key"), "-subj", "/", "-days", "30"),
        *("-addext", f"subjectAltName=critical,DNS:{name},URI:{uri}", "-addext", f"extendedKeyUsage={usage}"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-keyout", str(target / "tls.key"), "-out", str(target / "tls.crt")),
    )
    (target / "ca.crt").write_bytes((authority / "ca.crt").read_bytes())
    return target


def intermediate(authority: Path, target: Path, name: str) -> Path:
    """Make an authority below another one, unless the directory has one, in files as Istio names them."""
    target.mkdir(parents=True, exist_ok=True)
    certificate, root = target / "ca-cert.pem", (authority / "ca.crt").read_bytes()
    if not certificate.exists():
        netns.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-CA", str(authority / "ca.crt"), "-CAkey", str(authority / "ca.key"), "-days", "30"),
            *("-subj", f"/O={name}/CN=intermediate of {name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
            *("-keyout", str(target / "ca-key.pem"), "-out", str(certificate)),
        )
        (target / "root-cert.pem").write_bytes(root)
        (target / "cert-chain.pem").write_bytes(certificate.read_bytes() + root)
    return target


def gateway(lab: Lab, site: Site, role: Role, authority: Path) -> Path:
    """Issue the certificate of one of a site's gateways."""
    domain = lab.fabric.domain
    names = (dns_name(domain, site.cluster, role), identity(domain, site.cluster, role))
    return issue(authority, lab.site_directory(site) / "tls" / role, names, _USAGE[role])


def secret(lab: Lab, site: Site, role: Role, files: Path) -> Object:
    """Give the Secret that the stack names for a gateway."""
    named = lab.fabric.certificates(site.cluster).secrets
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": getattr(named, role), "namespace": NAMESPACE},
        "type": "kubernetes.io/tls",
        "data": _data(files, ("tls.crt", "tls.key", "ca.crt")),
    }


def cacerts(files: Path, namespace: str) -> Object:
    """Give the Secret from which istiod has the authority that it signs by, instead of one that it makes itself."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cacerts", "namespace": namespace},
        "data": _data(files, ("ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem")),
    }


def _data(files: Path, names: Iterable[str]) -> Object:
    return {name: base64.b64encode((files / name).read_bytes()).decode() for name in names}


def furnish(lab: Lab, site: Site, api: Api, manager: str) -> None:
    """Give a cluster the Secrets that the stack expects there, and the namespace that they are in."""
    if lab.fabric.secure and lab.fabric.certificates(site.cluster).secrets:
        namespace: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        api.apply(namespace, manager=manager)
        for role in ROLES:
            files = gateway(lab, site, role, authority(lab))
            api.apply(secret(lab, site, role, files), manager=manager)


def authority(lab: Lab) -> Path:
    """Give the directory of the fabric's root, which is made before any cluster is."""
    return lab.directory / "root"
