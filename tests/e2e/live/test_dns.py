"""CoreDNS's own plugin answers for clusterset.local with the addresses that ServiceImports say."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import client, deploy
from lab.state import Lab
from lab.topology import Site
from lab.waiting import until, wait
from tests.e2e.live.desk import Desk
from tests.e2e.live.test_facts import PAYMENT

pytestmark = pytest.mark.lab
NAME = "payment.secure.svc.clusterset.local"
PORT = 5353


@contextmanager
def multicluster(lab: Lab, site: Site) -> Iterator[None]:
    """A second CoreDNS on a cluster's node, set up as docs/how-to/dns.md has it."""
    directory = lab.site_directory(site)
    file = directory / "Corefile.clusterset"
    file.write_text(
        f"""cluster.local:{PORT} clusterset.local:{PORT} {{
    bind {site.node_address}
    kubernetes cluster.local clusterset.local {{
        kubeconfig {directory / "kubeconfig"}
        multicluster clusterset.local
        ttl 0
    }}
}}
""",
        encoding="utf-8",
    )
    keeper = lab.keeper(site)
    keeper.start("coredns-clusterset", [lab.tools.coredns, "-conf", file], netns=site.node)
    try:
        yield
    finally:
        keeper.stop("coredns-clusterset", grace=1)


@pytest.mark.parametrize("cluster", ["east", "west"])
def test_the_name_resolves_to_what_the_import_answers_by(live: Lab, desk: Desk, cluster: str) -> None:
    site = live.topology.sites[cluster]
    desk.write([PAYMENT])
    try:
        desk.converge()
        with live.api(site) as api:
            (address,) = api.get("multicluster.x-k8s.io/v1beta1", "ServiceImport", "payment", "secure")["spec"]["ips"]
        with multicluster(live, site):
            wait(lambda: _asked(site) == address, f"{NAME} resolves on {cluster}", 30)
        with client.Client(site, NAME, 8080, address=address) as one:
            until(lambda: one.ask("GET", "/").status == 200, f"{NAME} answers on {cluster}", 60)
            reply = one.ask("GET", "/")
        assert (reply.status, reply.said["service"]) == (200, "payment.secure")
    finally:
        deploy.apply(live, live.fabric)


def _asked(site: Site) -> str | None:
    try:
        return client.query(site, NAME, PORT)
    except OSError:  # it does not listen yet
        return None
