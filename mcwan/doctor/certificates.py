"""Certificates that ingress gateways show: valid, and of one root."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, Verdict, unknown
from mcwan.facts.report import written
from mcwan.facts.surveyed import Certificate, Shown
from mcwan.model.tls import dns_name, identity

_SOON = timedelta(days=7)
_BY_HAND = "ask from a place that the SD-WAN reaches: openssl s_client -connect {}"


def valid(evidence: Evidence) -> Iterator[Finding]:
    """Every certificate that a gateway shows is valid now, and for some days more."""
    for name in evidence.names:
        shown = [one for one in evidence.shown if one.cluster == name]
        wrong = [found for one in shown for found in _judged(evidence, one)]
        if not evidence.description.secure:
            wrong = [("ok", "there is no WAN policy with TLS", "")]
        elif evidence.description.clusters[name].render_to is not None:
            wrong = [unknown(evidence, name)]
        elif not shown:
            wrong = [("not known", "no address of its ingress gateway is known", "write ingress.addresses")]
        for verdict, said, remedy in wrong or [("ok", "the certificates that it shows are valid", "")]:
            yield Finding("certificates-valid", verdict, (name,), said, remedy)


def _judged(evidence: Evidence, shown: Shown) -> Iterator[Found]:
    place, now = shown.place, evidence.now
    if not shown.certificates:
        if not shown.answers:
            yield "not known", f"{place} is not reached from here: {shown.problem}", _BY_HAND.format(place)
        else:
            yield "not known", f"{place}: {shown.problem or 'it shows no certificate'}", _BY_HAND.format(place)
    elif evidence.plan is None:
        yield "not known", f"whose certificate {place} has to show is not known", "see the check description"
        return
    elif not is_own(evidence, shown):
        first, *more = shown.certificates[0].names or ("nobody",)
        names = f"{first} and {len(more)} more" if more else first
        yield "warning", f"{place} shows a certificate for {names}, not for the gateway", _BY_HAND.format(place)
        return
    for one in shown.certificates:
        if found := when(one, now):
            verdict, said = found
            remedy = "see the clocks" if now < one.begins else _renew(evidence)
            yield verdict, f"{place} shows a certificate that {said}", remedy


def when(one: Certificate, now: datetime) -> tuple[Verdict, str] | None:
    """Say when a certificate begins or ends, if it is not valid now or not for long; and how bad that is."""
    if now < one.begins:
        return "failed", f"begins {written(one.begins)}"
    if now >= one.ends:
        return "failed", f"ended {written(one.ends)}"
    if one.ends - now < _SOON:
        return "warning", f"ends {written(one.ends)}"
    return None


def _renew(evidence: Evidence) -> str:
    return "renew it, or see why cert-manager does not" if evidence.description.tls.issuer else "renew it"


def is_own(evidence: Evidence, shown: Shown) -> bool:
    """Tell whether the certificate is the gateway's own: something on the way may answer in its place."""
    if evidence.plan is None or not shown.certificates:
        return False
    domain = evidence.plan.fabric.domain
    own = {make(domain, shown.cluster, "ingress") for make in (dns_name, identity)}
    return bool(own & set(shown.certificates[0].names))


def one_root(evidence: Evidence) -> Iterator[Finding]:
    """The certificates of all clusters are signed by one root, as far as the last certificate shown tells that."""
    check = "certificates-of-one-root"
    if not evidence.description.secure:
        yield Finding(check, "ok", evidence.names, "there is no WAN policy with TLS")
        return
    signed: dict[tuple[str, str], set[str]] = {}
    for one in evidence.shown:
        if is_own(evidence, one) and one.cluster in evidence.names:
            last = one.certificates[-1]
            signed.setdefault((last.issuer, last.key), set()).add(one.cluster)
    known = tuple(sorted({name for names in signed.values() for name in names}))
    if len(signed) > 1:
        said = "; ".join(
            f"{', '.join(sorted(names))} by {key or 'a key that is not told'}" for (_, key), names in signed.items()
        )
        remedy = "use issuers of one root; ignore this if they are intermediates of one"
        yield Finding(check, "warning", known, f"they are signed by different issuers: {said}", remedy)
    elif len(known) > 1:
        yield Finding(check, "ok", known, "their certificates are signed by the same issuer")
    rest = tuple(name for name in evidence.names if name not in known) if len(known) > 1 else evidence.names
    if rest:
        yield Finding(
            check, "not known", rest, "too few certificates were seen to compare", "see the check certificates-valid"
        )
