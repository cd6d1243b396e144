"""Boots a fresh image once and saves the booted machine into it: `bake.py <image folder>`."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from machines.agent import Agent  # noqa: E402
from machines.qemu import SNAPSHOT, Hardware, start_process  # noqa: E402
from machines.qmp import Qmp  # noqa: E402

_BOOT_SECONDS = 600
# The first use of what every launch needs is slow; caches that nobody needs only make the snapshot bigger.
_SETTLE = """
systemctl is-system-running --wait
perl -e 1; date > /dev/null; systemd-machine-id-setup
sync; echo 3 > /proc/sys/vm/drop_caches
"""


def bake(folder: Path) -> None:
    """Leaves `base.qcow2`, an overlay over `root.raw` that holds the snapshot."""
    base = folder / "base.qcow2"
    create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", "root.raw", "-F", "raw", str(base)]
    subprocess.run(create, check=True)
    process = start_process(Hardware(folder, base, folder / "console.log"))
    ended = threading.Event()
    qmp = Qmp(process.qmp, lambda _name, _data: None, ended.set)
    agent = Agent(process.agent)
    deadline = time.monotonic() + _BOOT_SECONDS
    while not agent.ping(1):
        if ended.is_set() or time.monotonic() > deadline:
            raise SystemExit(f"The machine did not boot; {folder / 'console.log'} tells why.")
    settled = agent.execute("/bin/sh", ["-c", _SETTLE], timeout_seconds=120)
    if settled.rc != 0:
        raise SystemExit(f"The machine did not settle: {settled.stdout}{settled.stderr}")
    answer = qmp.monitor(f"savevm {SNAPSHOT}")
    if answer.strip():
        raise SystemExit(f"The snapshot failed: {answer}")
    qmp.execute("quit")
    process.handle.wait(30)
    for log in folder.glob("console.*"):
        log.unlink()


if __name__ == "__main__":
    bake(Path(sys.argv[1]))
