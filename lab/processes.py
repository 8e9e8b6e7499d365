"""Processes that outlive the command that started them: each has a file that says which it is, and a log."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_GRACE = 5.0
"""Seconds that a process has to end by itself."""


@dataclass(frozen=True)
class Keeper:
    """Starts and ends processes; keeps their files below a directory."""

    directory: Path

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        netns: str | None = None,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
        user: tuple[int, int] | None = None,
    ) -> int:
        """Start a process, as a user and a group if they are said; see `lab.container`. Gives its id."""
        self.directory.mkdir(parents=True, exist_ok=True)
        wanted = {
            "netns": netns,
            "argv": [str(word) for word in argv],
            "env": {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.directory), **(env or {})},
            "files": {path: str(source) for path, source in (files or {}).items()},
            "user": user,
        }
        spec = self.directory / f"{name}.json"
        spec.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "lab.container", str(spec)],
            {**os.environ, "PYTHONPATH": str(REPOSITORY)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log(name)), log, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self._file(name).write_text(f"{pid} {_started(pid)}", encoding="ascii")
        return pid

    def log(self, name: str) -> Path:
        """Name a process's log."""
        return self.directory / f"{name}.log"

    def names(self) -> list[str]:
        """Give the names of the processes that were started and not stopped, the last one first."""
        files = sorted(self.directory.glob("*.pid"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        return [file.stem for file in files]

    def alive(self, name: str) -> bool:
        """Tell whether a process runs."""
        return self.pid(name) is not None

    def pid(self, name: str) -> int | None:
        """Give the process's id if it is that process still: an id is used again, with another start time."""
        try:
            pid, started = self._file(name).read_text(encoding="ascii").split()
        except (FileNotFoundError, ValueError):
            return None
        with suppress(ChildProcessError):
            os.waitpid(int(pid), os.WNOHANG)
        return int(pid) if _started(int(pid)) == started else None

    def all(self, name: str) -> list[int]:
        """Give the ids of the process and of those that it has started, as Istio's agent starts its Envoy."""
        leader = self.pid(name)
        stats = [_stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")] if leader is not None else []
        return sorted(int(stat[0]) for stat in stats if stat and stat[4] == str(leader))

    def wait(self, name: str) -> int:
        """Wait until a process that this one has started ends; gives its exit code."""
        pid = int(self._file(name).read_text(encoding="ascii").split()[0])
        status = os.waitpid(pid, 0)[1]
        self._file(name).unlink()
        return os.waitstatus_to_exitcode(status)

    def stop(self, *names: str, grace: float = _GRACE) -> None:
        """End processes and wait until they have ended."""
        running = {name: pid for name in names if (pid := self.pid(name)) is not None}
        for pid in running.values():
            _kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and any(self.alive(name) for name in running):
            time.sleep(0.02)
        for name, pid in running.items():
            if self.alive(name):
                _kill(pid, signal.SIGKILL)
        while any(self.alive(name) for name in running):
            time.sleep(0.02)
        for name in names:
            self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}.pid"


def processor_time(pid: int) -> float:
    """Give the seconds for which a process, all its threads together, has had a processor. Raises OSError."""
    return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3), which Python does not have


def _started(pid: int) -> str:
    """Give a process's start time in ticks; empty if there is none or it has ended and waits to be reaped."""
    stat = _stat(pid)
    return stat[20] if stat else ""


def _stat(pid: int) -> list[str]:
    """Give what proc(5) says of a process but for its name: id, state, parent, group, session and so on.

    Empty if there is none or it has ended and waits to be reaped.
    """
    try:
        found = [str(pid), *Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [] if found[1] in "ZX" else found


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
