"""A stand-in for real machines, for tests of the control plane alone: runs the test's own scripts on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    rc: int
    stdout: str
    stderr: str
    timed_out: bool = False
    cancelled: bool = False


class Machines:
    """The interface of the real class; every change is done at once."""

    def __init__(self, image_folder: Path, folder: Path, proxy_port: int | None, ca_pem: str | None) -> None:
        self._folder = folder
        self._states: dict[str, str] = {}
        self._sizes_gib: dict[str, int] = {}
        self._holders: dict[str, str] = {}

    def launch(self, instance_id: str, platform: str, apt_lock_seconds: float = 0) -> None:
        self._states[instance_id] = "running"

    def ready(self, instance_id: str) -> bool:
        return self._states.get(instance_id) == "running"

    def state(self, instance_id: str) -> str:
        return self._states.get(instance_id, "terminated")

    def http_port(self, instance_id: str) -> int | None:
        return 1 if self.ready(instance_id) else None

    def stop(self, instance_id: str) -> None:
        self._states[instance_id] = "stopped"

    def start(self, instance_id: str) -> None:
        self._states[instance_id] = "running"

    def reboot(self, instance_id: str) -> None:
        self._states[instance_id] = "running"

    def terminate(self, instance_id: str) -> None:
        self._states[instance_id] = "terminated"
        self._holders = {volume: holder for volume, holder in self._holders.items() if holder != instance_id}

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """There is nothing on its disks."""

    def create_volume(self, volume_id: str, size_gib: int, snapshot_id: str | None = None) -> None:
        self._sizes_gib[volume_id] = size_gib

    def delete_volume(self, volume_id: str) -> None:
        del self._sizes_gib[volume_id]

    def resize_volume(self, volume_id: str, size_gib: int) -> None:
        self._sizes_gib[volume_id] = size_gib

    def attach(self, instance_id: str, volume_id: str) -> None:
        if volume_id in self._holders:
            raise RuntimeError(f"{volume_id} is held by {self._holders[volume_id]}.")
        self._holders[volume_id] = instance_id

    def detach(self, instance_id: str, volume_id: str) -> None:
        if self._holders.pop(volume_id) != instance_id:
            raise RuntimeError(f"{volume_id} was not held by {instance_id}.")

    def run(self, instance_id: str, script: str, timeout_seconds: float, cancelled: threading.Event) -> Result:
        """Writes the script to a file and lets sh run it, so that its shebang counts."""
        file = self._folder / f"script-{time.monotonic_ns()}"
        file.write_text(script)
        file.chmod(0o700)
        process = subprocess.Popen(
            ["sh", "-c", str(file)],
            cwd=self._folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                stdout, stderr = process.communicate(timeout=0.05)
                return Result(process.returncode, stdout, stderr)
            except subprocess.TimeoutExpired:
                if cancelled.is_set() or time.monotonic() > deadline or not self.ready(instance_id):
                    os.killpg(process.pid, signal.SIGKILL)
                    stdout, stderr = process.communicate()
                    return Result(137, stdout, stderr, not cancelled.is_set(), cancelled.is_set())

    def close(self) -> None:
        self._states.clear()
