"""One cluster: etcd, Kubernetes' API server, controllers and proxy, CoreDNS, a gateway implementation, and a node."""

import secrets
import sys
from pathlib import Path

import yaml

from lab import netns
from lab.api import Api, ApiError, Object
from lab.gateways import IMPLEMENTATIONS, injection
from lab.state import API_PORT, Lab
from lab.topology import SERVICES, Site
from lab.waiting import LabError, wait

MANAGER = "mcwan-lab"
"""Who applies what the cluster's owner has there before mcwan comes."""
_ETCD = "http://127.0.0.1:2379"
_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "endpointslice-controller",
    "endpoints-controller",  # an API server's proxy of Services goes by Endpoints
    "namespace-controller",
    "garbage-collector-controller",
)


def up(lab: Lab, site: Site) -> None:
    """Bring a cluster up, without workloads; its node's network namespace is there. Raises LabError."""
    directory = lab.site_directory(site)
    directory.mkdir(parents=True, exist_ok=True)
    _store_and_server(lab, site)
    write_kubeconfig(directory / "kubeconfig", kubeconfig_of(lab, site))
    with lab.api(site) as api:
        _furnish(lab, site, api)


def _furnish(lab: Lab, site: Site, api: Api) -> None:
    """Put into a cluster what its owner has there, and start what runs beside the API server."""
    directory, keeper, kube = lab.site_directory(site), lab.keeper(site), lab.tools.kube
    kubeconfig = directory / "kubeconfig"
    for one in objects(site):
        api.apply(one, manager=MANAGER)
    api.apply(node_status(site), manager=MANAGER, subresource="/status")
    keeper.start(
        "controller-manager",
        [
            kube,
            "controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--controllers={','.join(_CONTROLLERS)}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--cert-dir={directory / 'certificates'}",
        ],
        netns=site.node,
    )
    keeper.start(
        "proxy",
        [
            kube,
            "proxy",
            f"--kubeconfig={kubeconfig}",
            "--proxy-mode=nftables",
            f"--cluster-cidr={site.pods}",
            f"--hostname-override={site.cluster}",
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
        ],
        netns=site.node,
    )
    node = [sys.executable, "-m", "lab.node", lab.name, site.cluster]
    keeper.start("node", node, netns=site.node, env=_environment())
    definitions(api, lab.tools.definitions)
    corefile = directory / "Corefile"
    corefile.write_text(dns(site, kubeconfig), encoding="utf-8")
    keeper.start("coredns", [lab.tools.coredns, "-conf", corefile], netns=site.node)
    IMPLEMENTATIONS[site.profile].start(lab, site, api, kubeconfig, MANAGER)


def objects(site: Site) -> list[Object]:
    """Give what a cluster has from the start: its node, its namespaces, and what its gateway implementation needs."""
    node: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": site.cluster, "labels": {"kubernetes.io/hostname": site.cluster}},
        "spec": {"podCIDR": str(site.pods)},
    }
    labels = injection.LABELS if site.mesh else {}
    namespaces: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name in site.namespaces
    ]
    return [node, *namespaces, *IMPLEMENTATIONS[site.profile].objects(site)]


def node_status(site: Site) -> Object:
    """Give the node with what its kubelet would report."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": site.cluster},
        "status": {
            "addresses": [{"type": "InternalIP", "address": str(site.node_address)}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "Lab", "message": "it is what the lab says"}],
        },
    }


def definitions(api: Api, directories: tuple[Path, ...]) -> None:
    """Apply the definitions of resources, and wait until the server serves them."""
    found = [
        one
        for directory in directories
        for file in sorted(directory.glob("*.yaml"))
        for one in yaml.load_all(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if one and one["kind"] == "CustomResourceDefinition"
    ]
    for one in found:
        if "{{" in str(one["metadata"].get("labels")):  # cert-manager's are for its Helm chart
            del one["metadata"]["labels"]
        api.apply(one, manager=MANAGER)
    for one in found:
        established(api, one)


def established(api: Api, definition: Object) -> None:
    """Wait until the server serves what a CustomResourceDefinition says: it lists a version later than it says so."""
    name, spec = definition["metadata"]["name"], definition["spec"]
    versions = [f"/apis/{spec['group']}/{one['name']}" for one in spec["versions"] if one["served"]]

    def listed(path: str) -> bool:
        try:
            found = api.request("GET", path)["resources"]
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return any(one["name"] == spec["names"]["plural"] for one in found)

    def served() -> bool:
        one = api.get(definition["apiVersion"], definition["kind"], name)
        conditions = {item["type"]: item["status"] for item in (one.get("status", {}).get("conditions") or ())}
        return conditions.get("Established") == "True" and all(map(listed, versions))

    wait(served, f"definition {name} is established")


def dns(site: Site, kubeconfig: Path) -> str:
    """Give CoreDNS' configuration: the cluster's names, and those of the clusterset by docs/how-to/dns.md's rewrite."""
    rewrite = r"^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.clusterset\.local\.$ {1}-clusterset.{2}.svc.cluster.local."
    return f"""cluster.local:53 clusterset.local:53 {{
    bind {site.node_address}
    errors
    rewrite name regex {rewrite} answer auto
    kubernetes cluster.local {{
        kubeconfig {kubeconfig}
        ttl 0
    }}
}}
"""


def kubeconfig_of(lab: Lab, *sites: Site) -> Object:
    """Give a kubeconfig with a context for each of some sites, called as the cluster; the first one is current."""
    clusters = [
        {
            "name": site.cluster,
            "cluster": {
                "server": f"https://{site.node_address}:{API_PORT}",
                "certificate-authority": str(lab.site_directory(site) / "certificates" / "apiserver.crt"),
            },
        }
        for site in sites
    ]
    names = [site.cluster for site in sites]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": clusters,
        "users": [{"name": name, "user": {"token": lab.token}} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": names[0],
    }


def write_kubeconfig(path: Path, content: Object) -> None:
    """Write a kubeconfig that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _store_and_server(lab: Lab, site: Site) -> None:
    directory, keeper, kube = lab.site_directory(site), lab.keeper(site), lab.tools.kube
    peer = "http://127.0.0.1:2380"
    keeper.start(
        "etcd",
        [
            lab.tools.etcd,
            f"--data-dir={directory / 'etcd'}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
        netns=site.node,
    )
    key, tokens = directory / "service-accounts.key", directory / "tokens.csv"
    netns.run(str(kube), "key", str(key))
    tokens.touch(mode=0o600)
    tokens.write_text(f'{lab.token},lab,lab,"system:masters"\n', encoding="ascii")
    keeper.start(
        "apiserver",
        [
            kube,
            "apiserver",
            f"--etcd-servers={_ETCD}",
            f"--advertise-address={site.node_address}",
            f"--bind-address={site.node_address}",
            f"--secure-port={API_PORT}",
            f"--cert-dir={directory / 'certificates'}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--service-cluster-ip-range={SERVICES}",
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
        ],
        netns=site.node,
    )

    def ready() -> bool:
        if not keeper.alive("apiserver"):
            raise LabError(f"{site.cluster}: the API server has ended; see {keeper.log('apiserver')}")
        try:
            with lab.api(site) as api:
                api.request("GET", "/readyz")
        except (ApiError, OSError):  # OSError: its certificate is not there yet
            return False
        return True

    wait(ready, f"the API server of {site.cluster} is ready; see {keeper.log('apiserver')}")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}


def new_token() -> str:
    """Give a token for a lab's API servers."""
    return secrets.token_hex(16)
