"""What a diagnosis sends to see by which way requests go, and what comes of it. Frozen values, without a client."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A harmless request: its method, its path with the query, its headers."""

    method: str = "GET"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Name it as a person does: `GET /payment`, `GET /payment (cookie: user=test)`."""
        more = ", ".join(f"{name}: {value}" for name, value in self.headers)
        return f"{self.method} {self.path} ({more})" if more else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Probe:
    """A request of one rule of an import, as a client in `cluster` sends it to `host` at `port`.

    `gateway` is the Service (name.namespace) of the egress gateway that gets it; empty if none is on the way. It is
    sent up to `tries` times, until an answer says that it comes from another cluster.
    """

    cluster: str
    export: str
    rule: str
    host: str
    port: int
    gateway: str
    request: Request
    tries: int = 1

    @property
    def authority(self) -> str:
        """The Host header."""
        return self.host if self.port == 80 else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """What came of a probe: a status, and what the ingress gateway said of the way that it came by.

    `policy` and `destination` are empty where no ingress gateway said anything. Where there was no answer of a gateway
    at all, `status` is 0 and `problem` says why; `lost` if it was sent all the same.
    """

    probe: Probe
    status: int = 0
    policy: str = ""
    destination: str = ""
    problem: str = ""
    remedy: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Resolved:
    """What DNS says of a name, asked inside a cluster: its addresses; or none, and why."""

    cluster: str
    name: str
    addresses: tuple[str, ...] = ()
    problem: str = ""
