"""The sandbox's EC2 instances and volumes, as its control plane uses them."""

from __future__ import annotations

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import MachineGone, Result
from .instance import Instance, Site
from .qemu import Disk

__all__ = ["MachineGone", "Machines", "Result"]

_RELEASE_SECONDS = 180


def _copy_sparse(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--sparse=always", "--", str(source), str(target)], check=True, timeout=300)


class Machines:
    """Runs instances and keeps volumes; every method may be called from any thread."""

    def __init__(self, image_folder: Path, folder: Path, proxy_port: int | None, ca_pem: str | None) -> None:
        self._site = Site(image_folder.resolve(), proxy_port, ca_pem)
        self._folder = folder.resolve()
        self._instances: dict[str, Instance] = {}
        self._holders: dict[str, str] = {}
        self._changed = threading.Condition()
        for kept in ("volumes", "snapshots"):
            (self._folder / kept).mkdir(parents=True, exist_ok=True)

    def launch(self, instance_id: str, platform: str, apt_lock_seconds: float = 0) -> None:
        """Boots a new instance ('amazon-linux' or 'ubuntu', whose package lists are locked at first) in the background."""
        folder = self._folder / "instances" / instance_id
        instance = Instance(instance_id, platform, self._site, folder, apt_lock_seconds)
        with self._changed:
            self._instances[instance_id] = instance
        instance.launch()

    def ready(self, instance_id: str) -> bool:
        """Tells whether the guest is up and answers."""
        instance = self._instances.get(instance_id)
        return instance is not None and instance.ready

    def state(self, instance_id: str) -> str:
        """EC2's word for what the machine really does, such as 'stopped' when the guest powered itself off."""
        instance = self._instances.get(instance_id)
        return "terminated" if instance is None else instance.state

    def http_port(self, instance_id: str) -> int | None:
        """The port on 127.0.0.1 that leads to the guest's port 80, while it runs."""
        instance = self._instances.get(instance_id)
        return None if instance is None else instance.http_port

    def stop(self, instance_id: str) -> None:
        """Shuts down in the background; the root disk stays."""
        self._instance(instance_id).stop()

    def start(self, instance_id: str) -> None:
        """Boots a stopped instance in the background, after a stop still under way."""
        self._instance(instance_id).start()

    def reboot(self, instance_id: str) -> None:
        """Restarts the guest in the background; it is not ready from now until it is up again."""
        self._instance(instance_id).reboot()

    def terminate(self, instance_id: str) -> None:
        """Shuts down in the background and deletes the root disk; volumes are let go once it is down."""
        self._instance(instance_id).terminate(lambda: self._forget(instance_id))

    def create_volume(self, volume_id: str, size_gib: int, snapshot_id: str | None = None) -> None:
        """Makes a sparse disk: blank, or with what a snapshot holds if that is kept."""
        kept = self._folder / "snapshots" / f"{snapshot_id}.raw"
        if snapshot_id is not None and kept.exists():
            _copy_sparse(kept, self._file(volume_id))
        with open(self._file(volume_id), "ab") as file:
            file.truncate(size_gib << 30)

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Keeps what is on a disk now, as after a power cut: what a running guest has not written yet is missing."""
        _copy_sparse(self._file(volume_id), self._folder / "snapshots" / f"{snapshot_id}.raw")

    def delete_volume(self, volume_id: str) -> None:
        """Deletes a disk, after waiting for a terminating machine to let it go."""
        self._take(volume_id, None)
        self._file(volume_id).unlink()

    def resize_volume(self, volume_id: str, size_gib: int) -> None:
        """Grows a disk. Unlike on EC2 a running guest sees it only when it is started or the disk plugged in anew: QEMU's NVMe cannot grow."""
        with open(self._file(volume_id), "r+b") as file:
            file.truncate(size_gib << 30)

    def attach(self, instance_id: str, volume_id: str) -> None:
        """Hot-plugs a disk, or plugs it in with the next start; waits for a terminating machine to let it go."""
        instance = self._instance(instance_id)
        if not self._file(volume_id).exists():
            raise KeyError(f"There is no volume {volume_id}.")
        self._take(volume_id, instance_id)
        try:
            instance.attach(self._disk(volume_id))
        except BaseException:
            self._release(volume_id)
            raise

    def detach(self, instance_id: str, volume_id: str) -> None:
        """Unplugs a disk and waits until the guest let it go."""
        self._instance(instance_id).detach(self._disk(volume_id))
        self._release(volume_id)

    def run(self, instance_id: str, script: str, timeout_seconds: float, cancelled: threading.Event) -> Result:
        """Runs a shell script as root in the guest, as the SSM agent does; raises MachineGone."""
        return self._instance(instance_id).run(script, timeout_seconds, cancelled)

    def close(self) -> None:
        """Kills every machine and waits until they are gone."""
        with self._changed:
            instances = list(self._instances.values())
        with ThreadPoolExecutor(max_workers=max(len(instances), 1)) as pool:
            list(pool.map(Instance.kill, instances))

    def _instance(self, instance_id: str) -> Instance:
        instance = self._instances.get(instance_id)
        if instance is None:
            raise MachineGone(f"There is no instance {instance_id}.")
        return instance

    def _file(self, volume_id: str) -> Path:
        return self._folder / "volumes" / f"{volume_id}.raw"

    def _disk(self, volume_id: str) -> Disk:
        return Disk(volume_id.replace("-", ""), self._file(volume_id))

    def _take(self, volume_id: str, instance_id: str | None) -> None:
        """Makes the instance the volume's holder, once no other is; None only waits."""
        with self._changed:
            if not self._changed.wait_for(lambda: volume_id not in self._holders, _RELEASE_SECONDS):
                raise RuntimeError(f"{volume_id} is still held by {self._holders[volume_id]}.")
            if instance_id is not None:
                self._holders[volume_id] = instance_id

    def _release(self, volume_id: str) -> None:
        with self._changed:
            self._holders.pop(volume_id, None)
            self._changed.notify_all()

    def _forget(self, instance_id: str) -> None:
        with self._changed:
            self._instances.pop(instance_id, None)
            self._holders = {volume: holder for volume, holder in self._holders.items() if holder != instance_id}
            self._changed.notify_all()
