"""A started machine: its emulator, its guest, and what is done to either."""

from __future__ import annotations

import re
import secrets
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from .agent import Agent, AgentError, AgentSilent, Exit
from .errors import MachineGone, Result
from .qemu import PROXY_URL, Disk, Hardware, start_process
from .qmp import Qmp, QmpError, QmpGone

_BOOT_SECONDS = 300
_SHUTDOWN_SECONDS = 90
_UNPLUG_SECONDS = 90
_KILL_SECONDS = 10
# Holds apt's lock on its lists as apt does: by fcntl, in a process that apt names as apt-get. It returns once the lock is held.
_LOCK_APT_LISTS = """
use Fcntl; my ($seconds) = @ARGV; $0 = "apt-get"; pipe(my $held, my $tell);
if (fork) { close $tell; exit(<$held> ? 0 : 1) }
open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
sysopen(my $lock, "/var/lib/apt/lists/lock", O_RDWR | O_CREAT, 0640) or exit 1;
my $all = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0);
fcntl($lock, F_SETLK, $all) or exit 1;
print $tell "held"; close $tell; sleep $seconds;
"""


class Guest:
    """Lives from one QEMU start to its end, which is also that of a guest that restarts. A withheld one is not ready before its release."""

    def __init__(self, hardware: Hardware, on_end: Callable[["Guest"], None], withheld: bool = False) -> None:
        self._on_end = on_end
        self._unplugged: set[str] = set()
        self._happened = threading.Condition()
        self._has_answered = False
        self._withheld = withheld
        self.ended = threading.Event()
        self.restarts = False
        self._process = start_process(hardware)
        self._agent = Agent(self._process.agent)
        try:
            self._qmp = Qmp(self._process.qmp, self._note, self._end)
            self.http_port = self._forwarded_port()
        except Exception:
            self.kill()
            raise
        threading.Thread(target=self._watch, name="guest", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether the guest has answered and is not on its way down."""
        with self._happened:
            return self._has_answered and not self._withheld and not self.ended.is_set()

    def wait_until_answering(self) -> None:
        """Returns once the agent answers; raises MachineGone when the machine ends or never gets there."""
        deadline = time.monotonic() + _BOOT_SECONDS
        while not self._agent.ping(1):
            if self.ended.is_set() or time.monotonic() > deadline:
                raise MachineGone("The machine did not boot.")

    def become(self, host_name: str, platform: str, with_proxy: bool, ca_pem: str | None) -> None:
        """Tells a copy of the snapshot what it is: time, names, randomness, package front, proxy and authority."""
        arguments = [str(int(time.time())), host_name, platform, PROXY_URL if with_proxy else ""]
        stdin = f"{secrets.token_hex(64)}\n{ca_pem or ''}"
        result = self._agent.execute("/usr/lib/sandbox/first-boot", arguments, stdin)
        if result.rc != 0:
            raise RuntimeError(f"first-boot failed: {result.stdout}{result.stderr}")

    def release(self) -> None:
        """Lets it count as ready."""
        with self._happened:
            self._withheld = False

    def lock_apt_lists(self, seconds: float) -> None:
        """Keeps apt from updating its lists for a while, as the updates that a fresh Ubuntu starts by itself do."""
        result = self._agent.execute("/usr/bin/perl", ["-e", _LOCK_APT_LISTS, str(seconds)])
        if result.rc != 0:
            raise RuntimeError(f"The lock of apt's lists was not taken: {result.stderr}")

    def plug(self, disk: Disk) -> None:
        """Hot-plugs a disk; a guest that ends meanwhile has it with its next start."""
        with suppress(QmpGone):
            self._qmp.execute("blockdev-add", **disk.node())
            try:
                self._qmp.execute("device_add", **disk.device())
            except QmpError:
                self._qmp.execute("blockdev-del", node_name=disk.name)
                raise

    def unplug(self, disk: Disk) -> None:
        """Asks the guest to let a disk go, again and again in case it is booting, and waits until it did."""
        device = str(disk.device()["id"])
        deadline = time.monotonic() + _UNPLUG_SECONDS
        with self._happened:
            self._unplugged.discard(device)
        while True:
            try:
                self._qmp.execute("device_del", id=device)
            except QmpGone:
                return
            except QmpError as error:
                # "not found": it went between two requests; "in the process of unplug": still asked for.
                if "not found" not in str(error) and "process of unplug" not in str(error):
                    raise
            with self._happened:
                if self._happened.wait_for(lambda: device in self._unplugged or self.ended.is_set(), 5):
                    break
            if time.monotonic() > deadline:
                raise TimeoutError(f"The guest does not let go of {disk.name}.")
        with suppress(QmpGone):
            self._qmp.execute("blockdev-del", node_name=disk.name)

    def withhold(self) -> None:
        """Makes it count as not ready from now on."""
        with self._happened:
            self._withheld = True

    def shut_down(self, command: Literal["poweroff", "reboot"]) -> None:
        """Lets the guest shut down for either, or pulls the plug when it does not react."""
        self.withhold()
        self.restarts = command == "reboot"
        try:
            self._agent.start("/bin/systemctl", [command])
        except (AgentSilent, AgentError):
            self._press("quit")
        try:
            self._process.handle.wait(_SHUTDOWN_SECONDS)
        except subprocess.TimeoutExpired:
            self._press("quit")
        self._process.handle.wait()
        self.ended.wait()

    def kill(self) -> None:
        """Ends QEMU at once."""
        self._process.handle.kill()
        self._process.handle.wait()

    def run(self, script: str, timeout_seconds: float, cancelled: threading.Event) -> Result:
        """Runs a script as the SSM agent does; raises MachineGone when the guest goes away under it."""
        if not self.ready:
            raise MachineGone("The machine is not up.")
        deadline = time.monotonic() + timeout_seconds
        pause_seconds = 0.05
        try:
            pid = self._agent.start("/usr/lib/sandbox/run-script", [], script)
            while True:
                exited = self._poll(pid)
                if exited is not None:
                    return Result(exited.rc, exited.stdout, exited.stderr)
                timed_out = time.monotonic() > deadline
                if timed_out or cancelled.is_set():
                    return self._killed(pid, timed_out)
                cancelled.wait(min(pause_seconds, max(deadline - time.monotonic(), 0.01)))
                pause_seconds = min(pause_seconds * 1.3, 0.5)
        except (AgentSilent, AgentError) as error:
            # One that is shutting down refuses, or answers no more.
            raise MachineGone(str(error)) from error

    def _poll(self, pid: int) -> Exit | None:
        try:
            return self._agent.poll(pid)
        except AgentSilent:
            with self._happened:
                if self._withheld or self.ended.is_set():
                    raise
            return None  # Merely busy.

    def _killed(self, pid: int, timed_out: bool) -> Result:
        self._agent.execute("/bin/kill", ["-KILL", "--", f"-{pid}"])
        deadline = time.monotonic() + _KILL_SECONDS
        exited = None
        while exited is None and time.monotonic() < deadline:
            time.sleep(0.05)
            exited = self._agent.poll(pid)
        stdout, stderr = (exited.stdout, exited.stderr) if exited else ("", "")
        return Result(137, stdout, stderr, timed_out=timed_out, cancelled=not timed_out)

    def _forwarded_port(self) -> int:
        listed = self._qmp.monitor("info usernet")
        found = re.search(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", listed)
        if found is None:
            raise QmpError(f"No forwarded port in: {listed}")
        return int(found[1])

    def _press(self, button: str) -> None:
        try:
            self._qmp.execute(button)
        except QmpError:
            if not self.ended.wait(_KILL_SECONDS):
                self._process.handle.kill()

    def _note(self, name: str, data: dict[str, object]) -> None:
        with self._happened:
            if name == "SHUTDOWN":
                self.restarts |= data.get("reason") == "guest-reset"
            elif name == "DEVICE_DELETED" and "device" in data:
                self._unplugged.add(str(data["device"]))
            self._happened.notify_all()

    def _end(self) -> None:
        self.ended.set()
        self._agent.interrupt()
        with self._happened:
            self._happened.notify_all()
        self._on_end(self)

    def _watch(self) -> None:
        """Finds out when the guest answers, and buries the process in the end."""
        while not self.ended.is_set():
            if self._agent.ping(1):
                with self._happened:
                    self._has_answered = True
                break
        self.ended.wait()
        self._process.handle.wait()
        self._agent.close()
