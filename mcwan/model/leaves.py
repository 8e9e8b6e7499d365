"""The leaves of a description: names, ports, references. Limits are those of the Kubernetes objects they end up in."""

from collections.abc import Callable, Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from mcwan.model.durations import DURATION
from mcwan.model.near import near

LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SERVICE = r"^[a-z]([-a-z0-9]{0,50}[a-z0-9])?\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
BACKEND = r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$"
SERVICE_LABEL = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
ACCOUNT = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
LABEL_VALUE = r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
LABEL_KEY = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
EMPTY_OR_LABEL_VALUE = r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"
USER = r"^[!-~]+$"
INTERFACE = r"^[A-Za-z0-9][-A-Za-z0-9_.@]*$"
CISCO_NAME = r"^[A-Za-z0-9_][-A-Za-z0-9_]*$"
HEADER = r"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$"
COOKIE_VALUE = r'^[^\s",;\\]*$'
NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
DNS_NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$"
HEADER_VALUE = r"^[^\x00-\x08\x0A-\x1F\x7F]+$"
DIRECTORY = r"^[^\x00-\x1F\x7F-\x9F\u2028\u2029]+$"

PATTERN_MEANS = {
    LABEL: "a DNS label: lower-case letters, digits and '-', beginning and ending with a letter or digit",
    SERVICE_LABEL: "a Service's name: lower-case letters, digits and '-', beginning with a letter",
    SERVICE: "a service as name.namespace, each a DNS label, the name of at most 52 characters, a letter first",
    BACKEND: "a service as name or name.namespace, each a DNS label, the name beginning with a letter",
    ACCOUNT: "a service account as name.namespace: a DNS name, '.', a DNS label",
    LABEL_VALUE: "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
    LABEL_KEY: "a label's key: letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last; before "
    "it, if need be, a DNS name and '/'",
    EMPTY_OR_LABEL_VALUE: "a label's value: nothing, or letters, digits, '-', '_' and '.', a letter or digit first and "
    "last",
    USER: "a user as the API server calls it, without spaces: system:serviceaccount:NAMESPACE:NAME",
    INTERFACE: "a Linux interface: letters, digits, '-', '_', '.' and '@', a letter or digit first",
    CISCO_NAME: "letters, digits, '-' and '_', no '-' first",
    HEADER: "letters, digits and !#$%&'*+-.^_`|~, as in an HTTP header's name (RFC 9110 token)",
    COOKIE_VALUE: "a cookie's value (RFC 6265): no blanks, quotes, commas, semicolons or backslashes",
    NAME: "a name of Kubernetes: lower-case letters, digits, '-' and '.', a letter or digit first and last",
    DNS_NAME: "a DNS name: lower-case DNS labels with dots between them, east.example.org, say",
    DURATION: "a duration: 500ms, 15s, 1m30s, 1h",
    HEADER_VALUE: "what a header can have (RFC 9110): no line ends, no control characters",
    DIRECTORY: "a directory without line ends and control characters",
}
"""What each pattern asks for, in words; used by messages."""

MAX_LABEL = 63
"""RFC 1035: the longest DNS label, and so the longest name of a Service."""
MAX_LABEL_PREFIX = 253
"""Kubernetes: the longest DNS name in a label's key."""
MAX_CLUSTERS = 50
MAX_LISTENERS = 64
"""Gateway API: at most 64 listeners in one Gateway, so at most 64 WAN policies."""
MAX_RULES = 16
"""Gateway API: at most 16 rules in one HTTPRoute."""
MAX_MATCHES = 64
"""Gateway API: at most 64 matches in one rule."""
MAX_ROUTE_MATCHES = 128
"""Gateway API: at most 128 matches over all rules of one HTTPRoute."""
MAX_REPETITION = 1000
"""RE2: the highest count in a repetition."""
MAX_HEADERS = 15
"""Gateway API: at most 16 headers in one match, one of which says the port where an export has several."""
MAX_BACKENDS = 16
"""Gateway API: at most 16 backendRefs in one rule."""
MAX_ADDRESSES = 100
"""The EndpointSlice controller's own limit; the API allows more."""
MAX_SLICE = 1000
"""The most endpoints that one EndpointSlice takes."""
MAX_WEIGHT = 1_000_000
"""Gateway API: the highest weight of a backendRef."""
NODE_PORTS = range(30000, 32768)
"""Kubernetes' default node port range."""

GROUP = "mc-wan.l7mp.io"
"""The API group of WANPolicy, and the domain of mcwan's labels and annotations."""
PORT_HEADER = "x-mc-wan-port"
"""Says which port of a service with several the client asked for: between the clusters there is only the WAN port."""
POLICY_HEADER, DESTINATION_HEADER = "mc-wan-policy", "mc-wan-destination"
"""Headers of an answer: the WAN policy that its request came by, and the cluster that answered."""
INGRESS = "mc-wan-ingress"
EGRESS = "mc-wan-egress"
"""The shared gateways of a cluster."""
RESERVED = "-clusterset"
"""In the names of what is made for imports: no exported name has it, so that no two are the same."""
FABRIC_NAMESPACE = "mc-wan"
"""The fabric's own namespace on every cluster."""

DnsLabel = Annotated[str, StringConstraints(strict=True, pattern=LABEL, max_length=MAX_LABEL)]
ServicePart = Annotated[str, StringConstraints(strict=True, pattern=SERVICE_LABEL, max_length=52)]
"""A Service's name that still is one with `-clusterset` behind it (63 characters)."""
ClusterName = Annotated[str, StringConstraints(strict=True, pattern=LABEL, max_length=50)]
"""Also part of `target-<cluster>`, a Service's name."""
FabricName = Annotated[str, StringConstraints(strict=True, pattern=LABEL_VALUE, max_length=MAX_LABEL)]
ServiceName = Annotated[str, StringConstraints(strict=True, pattern=SERVICE, max_length=127)]
BackendName = Annotated[str, StringConstraints(strict=True, pattern=BACKEND, max_length=127)]
AccountName = Annotated[str, StringConstraints(strict=True, pattern=ACCOUNT, max_length=317)]
"""A service account, name.namespace: the name is a DNS subdomain, which may have dots itself."""
LabelKey = Annotated[str, StringConstraints(strict=True, pattern=LABEL_KEY)]
LabelValue = Annotated[str, StringConstraints(strict=True, pattern=EMPTY_OR_LABEL_VALUE, max_length=MAX_LABEL)]
UserName = Annotated[str, StringConstraints(strict=True, pattern=USER)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Weight = Annotated[int, Field(strict=True, ge=0, le=MAX_WEIGHT)]

Kind = Literal["cluster", "WAN policy"]
SECTION: dict[Kind, str] = {"cluster": "clusters", "WAN policy": "wanPolicies"}


def unknown(kind: Kind, name: str, known: Collection[str]) -> tuple[str, str] | None:
    """Say what is wrong with a reference, and the remedy; None when `known` has it."""
    if name in known:
        return None
    known = [one for one in known if isinstance(one, str)]  # keys as they are written may be anything
    meant = near(name, known)
    hint = f"did you mean {meant!r}?" if meant else f"write one of them, or add mcwan:{SECTION[kind]}.{name}"
    return f"no such {kind}; allowed: {', '.join(sorted(known)) or 'none, there are none'}", hint


def _refers_to(kind: Kind) -> Callable[[str, ValidationInfo], str]:
    """Check a reference while fields are checked, when the caller's context says which names there are."""

    def check(name: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get(kind)
        wrong = None if known is None else unknown(kind, name, known)
        if wrong:
            raise PydanticCustomError("reference", "{problem}", {"problem": wrong[0], "remedy": wrong[1]})
        return name

    return check


ClusterRef = Annotated[ClusterName, AfterValidator(_refers_to("cluster"))]
WANPolicyRef = Annotated[DnsLabel, AfterValidator(_refers_to("WAN policy"))]


NO_FAILOVER = "none"
"""What an export says that fails over to no WAN policy."""
NO_FALLBACK = "none"
"""What a tunnel says that no other stands in for."""


def _none_or_policy(name: str, info: ValidationInfo) -> str:
    return name if name == NO_FAILOVER else _refers_to("WAN policy")(name, info)


FailoverRef = Annotated[DnsLabel, AfterValidator(_none_or_policy)]
"""A WAN policy, or none: no union, whose every branch would tell its own mistake."""


def own_ingress(export: str) -> str:
    """Name an export's own ingress gateway; `export` without its namespace."""
    return f"{export}-ingress"
