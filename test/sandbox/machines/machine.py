"""The sandbox's EC2 instances: one QEMU process per running instance, volumes that outlive them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path


class MachineGone(Exception):
    """The machine stopped, restarted or was never there while something was asked of it."""


@dataclass(frozen=True)
class Result:
    """What a script left behind: exit code (143 or 137 when it was cancelled or ran out of time) and its output."""

    rc: int
    stdout: str
    stderr: str
    timed_out: bool = False
    cancelled: bool = False


class Machines:
    """Runs instances and keeps volumes; every method may be called from any thread."""

    def __init__(self, image_folder: Path, folder: Path, proxy_port: int | None, ca_pem: str | None) -> None:
        raise NotImplementedError

    def launch(self, instance_id: str, platform: str) -> None:
        """Boots a new instance ('amazon-linux' or 'ubuntu') in the background."""
        raise NotImplementedError

    def ready(self, instance_id: str) -> bool:
        """Tells whether the guest is up and answers."""
        raise NotImplementedError

    def state(self, instance_id: str) -> str:
        """'pending', 'running', 'stopping', 'stopped' or 'terminated', as it really is (a guest may power itself off)."""
        raise NotImplementedError

    def http_port(self, instance_id: str) -> int | None:
        """The port on 127.0.0.1 that leads to the guest's port 80, while it runs."""
        raise NotImplementedError

    def stop(self, instance_id: str) -> None:
        """Shuts down in the background; the root disk stays."""
        raise NotImplementedError

    def start(self, instance_id: str) -> None:
        """Boots a stopped instance in the background, after a stop still under way."""
        raise NotImplementedError

    def reboot(self, instance_id: str) -> None:
        """Restarts the guest in the background."""
        raise NotImplementedError

    def terminate(self, instance_id: str) -> None:
        """Shuts down in the background and deletes the root disk; volumes are let go once it is down."""
        raise NotImplementedError

    def create_volume(self, volume_id: str, size_gib: int) -> None:
        """Makes a sparse, blank disk."""
        raise NotImplementedError

    def delete_volume(self, volume_id: str) -> None:
        """Deletes a disk that no machine holds."""
        raise NotImplementedError

    def resize_volume(self, volume_id: str, size_gib: int) -> None:
        """Grows a disk; a guest that has it sees the new size at once."""
        raise NotImplementedError

    def attach(self, instance_id: str, volume_id: str) -> None:
        """Hot-plugs a disk, or notes it for the next start of a stopped instance; waits for a machine that is letting it go."""
        raise NotImplementedError

    def detach(self, instance_id: str, volume_id: str) -> None:
        """Unplugs a disk and waits until the guest let it go."""
        raise NotImplementedError

    def run(self, instance_id: str, script: str, timeout_seconds: float, cancelled: threading.Event) -> Result:
        """Runs a shell script as root in the guest, as the SSM agent does; raises MachineGone."""
        raise NotImplementedError

    def close(self) -> None:
        """Kills every machine and waits until they are gone."""
        raise NotImplementedError
