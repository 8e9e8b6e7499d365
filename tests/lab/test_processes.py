import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from lab import server
from lab.processes import Keeper, processor_time


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found: int = listening.getsockname()[1]
        return found


def test_a_process_is_started_found_and_stopped(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    keeper.start("sleeper", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"])
    deadline = time.monotonic() + 10
    while not keeper.log("sleeper").read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert keeper.log("sleeper").read_text() == "up\n"
    assert keeper.names() == ["sleeper"]
    assert keeper.alive("sleeper")
    keeper.stop("sleeper")
    assert not keeper.alive("sleeper")
    assert keeper.names() == []


def test_what_a_process_has_started_is_found_with_it(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    inner = "import time; print(1, flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    keeper.start("agent", [sys.executable, "-c", outer])
    deadline = time.monotonic() + 10
    while not keeper.log("agent").read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    found = keeper.all("agent")
    assert len(found) == 2
    assert keeper.pid("agent") in found
    keeper.stop("agent")
    assert keeper.all("agent") == []


def test_a_process_is_waited_for_and_its_exit_code_is_given(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    keeper.start("init", [sys.executable, "-c", "import sys; print('gone', flush=True); sys.exit(3)"])
    assert (keeper.wait("init"), keeper.log("init").read_text(), keeper.names()) == (3, "gone\n", [])


def test_processor_time_is_that_of_all_threads_of_the_process() -> None:
    spend = """if True:
        import sys, threading, time
        def spend():
            while time.thread_time() < 0.2: pass
        thread = threading.Thread(target=spend)
        thread.start()
        thread.join()
        print(time.process_time(), flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen([sys.executable, "-c", spend], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        told = float(process.stdout.readline())
        found = processor_time(process.pid)
        process.stdin.close()
    assert told > 0.2
    assert told <= found < told + 0.1


def test_somebody_elses_process_with_the_same_id_is_left_alone(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    (tmp_path / "old.pid").write_text(f"{os.getpid()} 1")
    assert not keeper.alive("old")
    keeper.stop("old")
    assert keeper.names() == []


def test_a_server_says_who_it_is_and_what_it_was_asked(tmp_path: Path) -> None:
    keeper, port = Keeper(tmp_path), free_port()
    who = json.dumps({"service": "payment.secure", "cluster": "east"})
    keeper.start("server", [sys.executable, str(server.__file__), who, str(port)])
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("POST", "/payment?of=1", b"body", {"X-One": "1"})
                said = json.load(connection.getresponse())
                connection.request("GET", "/bytes/100000")
                zeros = connection.getresponse().read()
                connection.close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        keeper.stop("server")
    assert (said["service"], said["cluster"], said["port"]) == ("payment.secure", "east", port)
    assert (said["method"], said["path"], said["headers"]["x-one"]) == ("POST", "/payment?of=1", "1")
    assert zeros == bytes(100000)
