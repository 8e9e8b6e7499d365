"""TLS: certificates come from somewhere, from one place, and everybody on the way can speak it."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.importing import admitted_policies
from mcwan.model.leaves import unknown
from mcwan.model.mistakes import Mistake, Place
from mcwan.model.tls import Certificates

_PLAIN = "choose plaintext: mcwan:tls.mode, or tls of the WAN policies that may be read on the way"


def one_source(description: Description) -> Iterator[Mistake]:
    """Certificates come from an issuer or from Secrets."""
    written: list[tuple[Place, Certificates]] = [(("tls",), description.tls)]
    written += [(("clusters", name, "tls"), cluster.tls) for name, cluster in description.clusters.items()]
    for place, one in written:
        if one.issuer and one.secrets:
            yield Mistake(
                (*place, "secrets"), "", "an issuer is written, too; allowed: one of them", "remove issuer or secrets"
            )


def certificates_are_there(description: Description) -> Iterator[Mistake]:
    """Every cluster has certificates, unless all is plaintext."""
    missing = [
        name
        for name in description.clusters
        if not (description.certificates(name).issuer or description.certificates(name).secrets)
    ]
    if description.secure and missing:
        everywhere = len(missing) == len(description.clusters)
        yield Mistake(
            ("tls",) if everywhere else ("clusters", missing[0], "tls"),
            "",
            f"TLS between the gateways is on, and certificates come from nowhere on {', '.join(sorted(missing))}; "
            "allowed: an issuer of cert-manager, or secrets",
            f"write mcwan:tls.issuer or mcwan:tls.secrets, or {_PLAIN}",
        )


def root_is_there(description: Description) -> Iterator[Mistake]:
    """Gateway API's own fields take the root from a ConfigMap."""
    standard = sorted(name for name, one in description.clusters.items() if one.gateway.profile == "standard")
    if description.secure and standard and description.tls.ca_config_map is None:
        yield Mistake(
            ("tls", "caConfigMap"),
            "",
            f"the standard profile ({', '.join(standard)}) takes the root from a ConfigMap; allowed: its name",
            f"write it, or {_PLAIN}",
        )


def callers_are_known(description: Description) -> Iterator[Mistake]:
    """Callers are clusters of the fabric, known by their certificates."""
    for number, export in enumerate(description.exports):
        for index, caller in enumerate(export.callers or ()):
            if wrong := unknown("cluster", caller.cluster, description.clusters):
                yield Mistake(("exports", number, "callers", index, "cluster"), repr(caller.cluster), *wrong)
        plain = sorted({*admitted_policies(export, description.wan_policies)} - description.secure)
        if export.callers is not None and plain:
            yield Mistake(
                ("exports", number, "callers"),
                ", ".join(caller.cluster for caller in export.callers) or "[]",
                f"callers are known by their certificates, and WAN policy {plain[0]} is plaintext; allowed: WAN "
                "policies with TLS",
                "use another WAN policy, or let everybody call",
            )


def direct_can_speak(description: Description) -> Iterator[Mistake]:
    """On the direct path no gateway of ours could speak TLS."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        if export is None or entry.path != "direct":
            if entry.mesh_tls:
                place = ("imports", number, "meshTls")
                yield Mistake(place, "true", "for path direct only; allowed: false", "remove it, or choose path direct")
            continue
        secure = sorted(set(export.wan_policies) & description.secure)
        if secure and not entry.mesh_tls:
            yield Mistake(
                ("imports", number, "path"),
                repr(entry.path),
                f"WAN policy {secure[0]} has mutual TLS, and by path direct there is no gateway of ours that could "
                "speak it; allowed: gateway",
                "choose path gateway or a plaintext WAN policy, or write meshTls: true where the clients' mesh does",
            )


CHECKS = (one_source, certificates_are_there, root_is_there, callers_are_known, direct_can_speak)
