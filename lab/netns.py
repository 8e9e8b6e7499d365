"""Network namespaces: made and removed by `ip`, entered by a thread of this process."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import system

_NAMED = Path("/run/netns")
_SECONDS = 60.0


class CommandError(RuntimeError):
    """A command of the system that failed, with what it said."""


def run(*words: str, stdin: str | None = None, seconds: float = _SECONDS) -> str:
    """Run a command, for so many seconds at most, and give its output. Raises CommandError."""
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise CommandError(f"{' '.join(words)}: not done after {seconds:g} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CommandError(f"{' '.join(words)}: exit code {done.returncode}: {said}")
    return done.stdout


def names() -> list[str]:
    """Give the names of all named network namespaces of this machine."""
    return sorted(path.name for path in _NAMED.iterdir()) if _NAMED.is_dir() else []


def add(name: str) -> None:
    """Make a namespace with its loopback up."""
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")


def delete(name: str) -> None:
    """Remove a namespace; its links go with it once nothing runs in it."""
    run("ip", "netns", "delete", name)


def processes(name: str) -> list[int]:
    """Give the processes that run in a namespace."""
    return [int(pid) for pid in run("ip", "netns", "pids", name).split()]


def ip(name: str, lines: Iterable[str]) -> None:
    """Run `ip` commands, one a line, in a namespace."""
    run("ip", "-n", name, "-batch", "-", stdin="\n".join(lines) + "\n")


def nft(name: str, ruleset: str) -> None:
    """Load nftables commands in a namespace, all or none."""
    run("ip", "netns", "exec", name, "nft", "-f", "-", stdin=ruleset)


def sysctl(name: str, values: dict[str, str]) -> None:
    """Write settings below net/ in a namespace."""
    with inside(name):
        for key, value in values.items():
            Path("/proc/sys/net", key).write_text(value, encoding="ascii")


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Put the calling thread into a namespace. Sockets that it opens stay there; other threads are not moved."""
    with _open(Path("/proc/thread-self/ns/net")) as home, handle(name) as there:
        system.setns(there, system.NEW_NET)
        try:
            yield
        finally:
            system.setns(home, system.NEW_NET)


@contextmanager
def handle(name: str) -> Iterator[int]:
    """Open a namespace, for `setns`."""
    with _open(_NAMED / name) as there:
        yield there


@contextmanager
def _open(path: Path) -> Iterator[int]:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield opened
    finally:
        os.close(opened)
