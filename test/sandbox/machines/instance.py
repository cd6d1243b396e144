"""One EC2 instance: its root disk, its attached volumes, and the guest while it runs."""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .errors import MachineGone, Result
from .guest import Guest
from .qemu import Disk, Hardware

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """What all instances of a sandbox share."""

    image_folder: Path
    proxy_port: int | None
    ca_pem: str | None


class Instance:
    """Power and plugs are worked one after the other by a thread of its own, which is also QEMU's parent."""

    def __init__(
        self, instance_id: str, platform: str, site: Site, folder: Path, apt_lock_seconds: float = 0
    ) -> None:
        self._id = instance_id
        self._platform = platform
        self._apt_lock_seconds = apt_lock_seconds
        self._site = site
        self._folder = folder
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=instance_id)
        self._lock = threading.Lock()
        self._guest: Guest | None = None
        self._disks: dict[str, Disk] = {}
        self._state = "pending"
        self._closing = False

    @property
    def state(self) -> str:
        """EC2's word for it; a guest that powered itself off is 'stopped', and one that restarts is 'running'."""
        with self._lock:
            guest = self._guest
            if self._state == "running" and guest is not None and guest.ended.is_set() and not guest.restarts:
                return "stopped"
            return self._state

    @property
    def ready(self) -> bool:
        """Whether the guest is up and answers."""
        guest = self._running_guest()
        return guest is not None and guest.ready

    @property
    def http_port(self) -> int | None:
        """The host's port for the guest's port 80."""
        guest = self._running_guest()
        return None if guest is None else guest.http_port

    def launch(self) -> None:
        """Boots a copy of the snapshot; one that cannot boot is 'terminated', as on EC2."""
        self._work(self._launch).add_done_callback(self._note_launch)

    def start(self) -> None:
        """Boots from the root disk, with all volumes present from the beginning."""
        self._work(self._start)

    def stop(self) -> None:
        """Shuts down and keeps the root disk."""
        self._work(self._power_off, "stopping", "stopped")

    def reboot(self) -> None:
        """Restarts the guest, from the root disk as it is."""
        guest = self._running_guest()
        if guest is not None:
            guest.withhold()
        self._work(self._reboot)

    def terminate(self, on_gone: Callable[[], None]) -> None:
        """Shuts down, deletes the root disk and then tells."""
        self._work(self._terminate, on_gone)

    def attach(self, disk: Disk) -> None:
        """Plugs a disk in, at once or with the next start."""
        self._work(self._attach, disk).result()

    def detach(self, disk: Disk) -> None:
        """Unplugs a disk and returns once it is gone."""
        self._work(self._detach, disk).result()

    def run(self, script: str, timeout_seconds: float, cancelled: threading.Event) -> Result:
        """Runs a script in the guest."""
        guest = self._running_guest()
        if guest is None:
            raise MachineGone(f"{self._id} is {self.state}, and not up.")
        return guest.run(script, timeout_seconds, cancelled)

    def kill(self) -> None:
        """Ends everything at once."""
        with self._lock:
            self._closing = True
            guest = self._guest
        if guest is not None:
            guest.kill()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _running_guest(self) -> Guest | None:
        with self._lock:
            guest = self._guest
        return None if guest is None or guest.ended.is_set() else guest

    def _work(self, action: Callable[..., None], *arguments: object) -> Future[None]:
        def logged() -> None:
            try:
                action(*arguments)
            except Exception:
                if not self._closing:
                    _log.exception("%s of %s failed", action.__name__.strip("_"), self._id)
                raise

        return self._worker.submit(logged)

    def _launch(self) -> None:
        self._folder.mkdir(parents=True)
        # A reflink where the file system can, otherwise the 160 MB are copied.
        source, root = self._site.image_folder / "base.qcow2", self._folder / "root.qcow2"
        subprocess.run(["cp", "--reflink=auto", "--sparse=always", source, root], check=True)
        guest = self._power_on(from_snapshot=True)
        guest.wait_until_answering()
        guest.become(_host_name(self._id), self._platform, self._site.proxy_port is not None, self._site.ca_pem)
        if self._apt_lock_seconds and self._platform == "ubuntu":
            guest.lock_apt_lists(self._apt_lock_seconds)
        guest.release()

    def _note_launch(self, launched: Future[None]) -> None:
        if launched.cancelled() or launched.exception() is not None:
            with self._lock:
                self._state = "terminated"
                guest = self._guest
            if guest is not None:
                guest.kill()

    def _start(self) -> None:
        if self._running_guest() is None:
            self._power_on(from_snapshot=False)

    def _power_on(self, from_snapshot: bool) -> Guest:
        hardware = Hardware(
            image_folder=self._site.image_folder,
            root=self._folder / "root.qcow2",
            console=self._folder / "console.log",
            disks=tuple(self._disks.values()),
            from_snapshot=from_snapshot,
            proxy_port=self._site.proxy_port,
        )
        guest = Guest(hardware, self._note_end, withheld=from_snapshot)
        with self._lock:
            self._guest, self._state = guest, "running"
            closing = self._closing
        if closing:
            guest.kill()
        elif guest.ended.is_set():
            self._note_end(guest)
        return guest

    def _power_off(self, meanwhile: str, finally_: str) -> None:
        with self._lock:
            self._state = meanwhile
        guest = self._running_guest()
        if guest is not None:
            guest.shut_down("poweroff")
        with self._lock:
            self._guest, self._state = None, finally_

    def _reboot(self) -> None:
        guest = self._running_guest()
        if guest is not None:
            guest.shut_down("reboot")

    def _note_end(self, guest: Guest) -> None:
        """Starts a guest anew that restarts, of its own accord or because it was told to."""
        with self._lock:
            if guest is self._guest and guest.restarts and self._state == "running" and not self._closing:
                self._work(self._restart)

    def _restart(self) -> None:
        # A stop may have come in between.
        if self.state != "running":
            return
        try:
            self._start()
        except Exception:
            with self._lock:
                self._state = "stopped"
            raise

    def _terminate(self, on_gone: Callable[[], None]) -> None:
        try:
            self._power_off("shutting-down", "terminated")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            on_gone()
            self._worker.shutdown(wait=False)

    def _attach(self, disk: Disk) -> None:
        guest = self._running_guest()
        if guest is not None:
            guest.plug(disk)
        self._disks[disk.name] = disk

    def _detach(self, disk: Disk) -> None:
        guest = self._running_guest()
        if guest is not None:
            guest.unplug(disk)
        self._disks.pop(disk.name, None)


def _host_name(instance_id: str) -> str:
    third, fourth = hashlib.sha256(instance_id.encode()).digest()[:2]
    return f"ip-172-31-{third}-{fourth}.ec2.internal"
