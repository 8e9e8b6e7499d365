"""What mcwan is for, as requests on the lab's stack: each with what is to happen, judged from what was measured."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lab.capture import Connection
from lab.waiting import LabError
from lab.watch import Wire, way

STACK = "lab"
"""The stack that the stories are about."""
MARGIN = 0.1
"""How far the share of a backend among several may be from its weight's."""
REFUSED, UNKNOWN = "nobody (404)", "no such name"
_SERVICE = re.compile(r"(\S+) on (\S+) \(200\)")


@dataclass(frozen=True)
class Step:
    """Requests from one cluster's client to one name, one after another over one connection.

    `requests` says for each request line which tunnel is to carry it: none if it is not to leave its cluster. All of
    them are sent `times` times. `answers` says who is to answer, and which share. `to` are the remote clusters that are
    to be reached. Those who go `around` their egress gateway connect to the ingress gateway of the first of them, at
    the tunnel's WAN port.
    """

    cluster: str
    name: str
    requests: Mapping[str, str]
    answers: Mapping[str, float]
    to: tuple[str, ...] = ()
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    around: bool = False


@dataclass(frozen=True)
class Carried:
    """What one connection between clusters carried: the requests' paths, from which gateway to which."""

    connection: Connection
    remote: str
    sender: str
    receiver: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What happened in a step: how many requests each answered, what the tunnels and their connections carried."""

    answers: Counter[str]
    wire: Wire
    carried: tuple[Carried, ...]

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How many requests every tunnel carried to every remote cluster."""
        found: Counter[tuple[str, str]] = Counter()
        for one in self.carried:
            found[one.connection.tunnel, one.remote] += len(one.paths)
        return found


@dataclass(frozen=True)
class Story:
    """A user story and what tells it."""

    title: str
    sentence: str
    steps: tuple[Step, ...]


def contradictions(step: Step, measured: Measured) -> Iterator[str]:
    """Say in which ways what happened is not what is to happen; nothing if it is."""
    total = measured.answers.total()
    shares = {who: count / total for who, count in measured.answers.items()}
    if set(shares) != set(step.answers) or any(abs(shares[who] - step.answers[who]) > MARGIN for who in shares):
        yield f"answers: {_shares(shares)}; to be: {_shares(step.answers)}"

    tunnels = set(step.requests.values()) - {""}
    meant = {pair: moved for remote in step.to for pair, moved in way(step.cluster, remote, *tunnels).items()}
    try:
        if (moved := measured.wire.all()) != meant:
            yield f"tunnels with packets: {_moved(moved)}; to be: {_moved(meant)}"
    except LabError as error:
        yield str(error)

    seen = Counter((one.connection.tunnel, path) for one in measured.carried for path in one.paths)
    due = Counter({(tunnel, line.split()[1]): step.times for line, tunnel in step.requests.items() if tunnel})
    if seen != due:
        yield f"requests on tunnels: {_paths(seen)}; to be: {_paths(due)}"

    ends = Counter((one.connection.client, one.connection.server) for one in measured.carried)
    yield from (f"connection {client} to {server}: on two tunnels" for (client, server), n in ends.items() if n > 1)


def answerer(answer: str) -> tuple[str, str] | None:
    """Give the service and the cluster of an answer; None if no service gave it."""
    found = _SERVICE.fullmatch(answer)
    return (found[1], found[2]) if found else None


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{who} {share:.0%}" for who, share in sorted(shares.items())) or "none"


def _moved(moved: Mapping[frozenset[str], set[str]]) -> str:
    found = sorted((sorted(pair), sorted(tunnels)) for pair, tunnels in moved.items())
    return ", ".join(f"{'+'.join(tunnels)} between {' and '.join(pair)}" for pair, tunnels in found) or "none"


def _paths(seen: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{path} by {tunnel} {count} times" for (tunnel, path), count in sorted(seen.items())) or "none"


def _one(cluster: str, name: str, line: str, tunnel: str, who: str, cookie: str = "") -> Step:
    """Give a step of one request that a service of another cluster, or of the same one, answers."""
    to = (who.rpartition(" ")[2],) if tunnel else ()
    headers = {"Cookie": cookie} if cookie else {}
    return Step(cluster, name, {line: tunnel}, {f"{who} (200)": 1}, to, headers=headers)


_PAYMENT = "payment-clusterset.secure"
_PRICING = "pricing-v1-clusterset.catalog:80"
_DEMO = "default.svc.clusterset.local:8000"

STORIES = (
    Story(
        "A WAN policy for a whole service",
        "Every request for billing travels by business, every one for metrics by default; on east none leaves.",
        (
            _one("west", "billing-clusterset.secure:8080", "GET /", "business", "billing.secure on east"),
            _one("west", "metrics-clusterset.insecure:8080", "POST /", "default", "metrics.insecure on east"),
            _one("edge", "billing.secure.svc.clusterset.local:8080", "GET /", "business", "billing.secure on east"),
            _one("east", "billing-clusterset.secure:8080", "GET /", "", "billing.secure on east"),
        ),
    ),
    Story(
        "The same without an egress gateway, and by gateways of its own",
        "By path direct the client's packets go straight to the remote gateway; vault and archive share none.",
        (
            _one("west", "audit-clusterset.secure:8080", "GET /", "business", "audit.secure on east"),
            _one("west", "logging-clusterset.insecure:8080", "GET /", "default", "logging.insecure on east"),
            _one("west", "vault-clusterset.secure:8200", "GET /", "business", "vault.secure on east"),
            _one("west", "archive-clusterset.insecure:8200", "GET /", "default", "archive.insecure on east"),
        ),
    ),
    Story(
        "A WAN policy for some requests",
        "Of payment.secure, GET /payment travels by business, /stats by default; anything else does not leave.",
        (
            _one("west", f"{_PAYMENT}:8080", "GET /payment/1?of=2", "business", "payment.secure on east"),
            _one("west", f"{_PAYMENT}:8080", "POST /stats", "default", "payment.secure on east"),
            _one("edge", f"{_PAYMENT}:8080", "GET /payment", "business", "payment.secure on east"),
            Step("west", f"{_PAYMENT}:8080", {"POST /payment": ""}, {REFUSED: 1}),
            Step("edge", f"{_PAYMENT}:8080", {"GET /other": ""}, {REFUSED: 1}),
        ),
    ),
    Story(
        "Refused once more where it arrives",
        "Who goes round the egress gateway, straight to the remote one, gets no further by the wrong tunnel.",
        (
            Step("west", _PAYMENT, {"GET /stats": "business"}, {REFUSED: 1}, ("east",), around=True),
            Step("west", _PAYMENT, {"GET /payment": "default"}, {REFUSED: 1}, ("east",), around=True),
        ),
    ),
    Story(
        "A canary by cookie",
        "On east, who has the cookie user=test gets the new version, on another cluster and by another tunnel.",
        (
            _one("east", _PRICING, "GET /", "business", "pricing-v1.catalog on west"),
            _one("east", _PRICING, "GET /", "default", "pricing-v2.catalog on edge", cookie="user=test"),
            _one("east", _PRICING, "GET /", "business", "pricing-v1.catalog on west", cookie="user=other"),
        ),
    ),
    Story(
        "One service under two names",
        "The client chooses the tunnel by the name.",
        (
            _one("edge", "ledger-high-clusterset.secure:8080", "GET /", "business", "ledger.secure on east"),
            _one("edge", "ledger-low-clusterset.secure:8080", "GET /", "default", "ledger.secure on east"),
        ),
    ),
    Story(
        "Weights",
        "East and west offer search, east with three times the weight.",
        (
            Step(
                "edge",
                "search-clusterset.catalog:8080",
                {"GET /": "default"},
                {"search.catalog on east (200)": 0.75, "search.catalog on west (200)": 0.25},
                ("east", "west"),
                times=400,
            ),
        ),
    ),
    Story(
        "A cluster without the namespace",
        "Edge has no namespace insecure: it gets nothing of what is exported from there, not even a name. Who goes "
        "round its egress gateway is still answered: callers are not known yet.",
        (
            Step("edge", "metrics-clusterset.insecure:8080", {"GET /": ""}, {UNKNOWN: 1}),
            Step("edge", "logging.insecure.svc.clusterset.local:8080", {"GET /": ""}, {UNKNOWN: 1}),
        ),
    ),
    Story(
        "A connection carries one WAN policy",
        "Requests of two WAN policies on one client connection go on separate connections between the clusters.",
        (
            Step(
                "west",
                f"{_PAYMENT}:8080",
                {"GET /payment": "business", "GET /stats": "default"},
                {"payment.secure on east (200)": 1},
                ("east",),
                times=20,
            ),
        ),
    ),
    Story(
        "mc-wan's demo 01: service level",
        "payment.default has a name that travels by business and one that travels by default.",
        (
            _one("east", f"payment-secure.{_DEMO}", "GET /", "business", "payment.default on west"),
            _one("east", f"payment-insecure.{_DEMO}", "GET /", "default", "payment.default on west"),
        ),
    ),
    Story(
        "mc-wan's demo 02: by request",
        "GET /anything travels by business, the rest by default.",
        (
            _one("east", f"payment.{_DEMO}", "GET /anything", "business", "payment.default on west"),
            _one("east", f"payment.{_DEMO}", "GET /get", "default", "payment.default on west"),
            _one("east", f"payment.{_DEMO}", "POST /anything", "default", "payment.default on west"),
        ),
    ),
)
