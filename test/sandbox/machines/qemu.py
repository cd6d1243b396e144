"""The QEMU command line of a machine, and the process it becomes."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

SNAPSHOT = "booted"
PROXY_URL = "http://10.0.2.100:3128"
_MEMORY_MIB = 512
# A second one would make no script faster where the machine's own processors are busy, and costs a third more work.
_CPUS = 1
_KERNEL_LINE = (
    "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 net.ifnames=0 panic=1 "
    # For speed: no checks and guards that cost much when every instruction is emulated.
    "mitigations=off tsc=reliable init_on_alloc=0 "
    # Where the machine's own processors are busy, ticks come too late for the check, and Linux would do without its timer.
    "no_timer_check "
    # Without it Linux first tries a keyboard controller that is not there, for seconds and at times for minutes.
    "reboot=triple"
)


@dataclass(frozen=True)
class Disk:
    """A volume's file as a machine sees it; `name` is the NVMe serial and QEMU's name for it."""

    name: str
    file: Path

    def node(self) -> dict[str, object]:
        cache = {"no-flush": True}
        return {
            "driver": "raw",
            "node-name": self.name,
            "cache": cache,
            "discard": "unmap",
            "file": {"driver": "file", "filename": str(self.file), "cache": cache, "discard": "unmap"},
        }

    def device(self) -> dict[str, object]:
        return {"driver": "nvme", "id": f"{self.name}-disk", "serial": self.name, "drive": self.name}


@dataclass(frozen=True)
class Hardware:
    """What differs between starts; everything else has to stay as it was when the snapshot was made."""

    image_folder: Path
    root: Path
    console: Path
    disks: tuple[Disk, ...] = ()
    from_snapshot: bool = False
    proxy_port: int | None = None


@dataclass(frozen=True)
class Process:
    """A running QEMU with its two channels: QMP to the emulator, the guest agent's into the guest."""

    handle: subprocess.Popen[bytes]
    qmp: socket.socket
    agent: socket.socket


def start_process(hardware: Hardware) -> Process:
    """Starts QEMU; it is killed when the calling *thread* ends, so call this from one that lives as long as the machine."""
    qmp, qmp_end = socket.socketpair()
    agent, agent_end = socket.socketpair()
    with qmp_end, agent_end, open(hardware.console.with_suffix(".stderr"), "ab") as errors:
        handle = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *_arguments(hardware, qmp_end.fileno(), agent_end.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=(qmp_end.fileno(), agent_end.fileno()),
        )
    return Process(handle, qmp, agent)


def _arguments(hardware: Hardware, qmp: int, agent: int) -> list[str]:
    image = hardware.image_folder
    root = {
        "driver": "qcow2",
        "node-name": "root",
        "discard": "unmap",
        "cache": {"no-flush": True},
        "file": {"driver": "file", "filename": str(hardware.root)},
        # Named here because the overlay is a copy that lies in another folder than its base.
        "backing": {"driver": "raw", "read-only": True, "file": {"driver": "file", "filename": str(image / "root.raw")}},
    }
    arguments = [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
        # A guest that restarts is started anew: resets in place come several at once in QEMU, and one was never seen to end.
        "-no-reboot",
        # Emulated, a fifth page table level only costs time, and erms makes Linux clear pages byte by byte.
        *("-machine", "pc,usb=off,vmport=off,i8042=off,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off,erms=off,fsrm=off"),
        *("-m", str(_MEMORY_MIB), "-smp", str(_CPUS), "-rtc", "base=utc"),
        *("-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd"), "-append", _KERNEL_LINE),
        *("-chardev", f"file,id=console,path={_escaped(hardware.console)},append=on"),
        *("-serial", "chardev:console"),
        *("-blockdev", json.dumps(root), "-device", "virtio-blk-pci,drive=root"),
        *("-netdev", f"user,id=net,restrict=on,{_forwards(hardware.proxy_port)}"),
        *("-device", "virtio-net-pci,netdev=net,romfile="),
        *("-device", "virtio-rng-pci", "-device", "virtio-serial"),
        *("-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control"),
        *("-chardev", f"socket,id=agent,fd={agent}"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
    ]
    for disk in hardware.disks:
        arguments += ["-blockdev", json.dumps(disk.node()), "-device", json.dumps(disk.device())]
    if hardware.from_snapshot:
        arguments += ["-loadvm", SNAPSHOT]
    return arguments


def _forwards(proxy_port: int | None) -> str:
    """Lets in HTTP from a port that QEMU picks, and lets out to the sandbox's proxy alone."""
    ways = "hostfwd=tcp:127.0.0.1:0-:80"
    if proxy_port is not None:
        # One process for each connection: QEMU's own `tcp:` target would join them all into one.
        ways += f",guestfwd=tcp:10.0.2.100:3128-cmd:socat STDIO TCP:127.0.0.1:{proxy_port}"
    return ways


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")
