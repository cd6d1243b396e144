"""EBS volumes: client tokens, zones, one attachment at a time, and changes that take their time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from moto.ec2.models.elastic_block_store import Snapshot, Volume, VolumeAttachment

from awscall import AwsError, Call
from ec2_state import Ec2State, earlier_answer, ec2, life_of, remember_answer
from gateway import handles
from misfortunes import Misfortunes
from state import Sandbox


def _status(volume: Any) -> str:
    if getattr(volume, "failed", False):
        return "error"
    return "in-use" if volume.attachment else "available"


def _goes_with_instance(attachment: Any) -> bool:
    mapping = attachment.instance.block_device_mapping.get(attachment.device)
    return bool(mapping and mapping.delete_on_termination)


# Moto's volumes never fail, and do not tell that they go with their instance.
Volume.status = property(_status)  # type: ignore[method-assign, assignment]
VolumeAttachment.delete_on_termination = property(_goes_with_instance)  # type: ignore[attr-defined]


def _snapshot_status(snapshot: Any) -> str:
    settings, since = getattr(snapshot, "taking", (None, 0))
    if settings and time.monotonic() < since + settings.snapshot_seconds:
        return "pending"
    return "error" if getattr(snapshot, "failed", False) else "completed"


def _snapshot_progress(snapshot: Any) -> str:
    settings, since = getattr(snapshot, "taking", (None, 0))
    seconds = settings.snapshot_seconds if settings else 0
    return f"{min(int(100 * (time.monotonic() - since) / seconds), 100) if seconds else 100}%"


def _snapshot_size(snapshot: Any) -> int:
    return int(getattr(snapshot, "size_gib", snapshot.volume.size))


# Moto's snapshots are complete at once, and grow with their volume.
Snapshot.status = property(_snapshot_status, lambda snapshot, status: None)  # type: ignore[assignment]
Snapshot.progress = property(_snapshot_progress)  # type: ignore[method-assign, assignment]
Snapshot.volume_size = property(_snapshot_size)  # type: ignore[method-assign, assignment]


@handles("ec2", "CreateSnapshot")
def create_snapshot(call: Call) -> object:
    """A snapshot is of the moment at which it is asked for, and complete long after; one that fails is in state `error`."""
    backend = ec2(call)
    before = set(backend.snapshots)
    failed = call.sandbox.state(Misfortunes).meet("snapshot") is not None
    response = call.forward()
    for snapshot_id in set(backend.snapshots) - before:
        snapshot = backend.snapshots[snapshot_id]
        snapshot.taking = (call.sandbox.settings, time.monotonic())
        snapshot.failed = failed
        snapshot.size_gib = snapshot.volume.size
        copy_disk(call.sandbox, snapshot.volume.id, snapshot_id)
    return response


@handles("ec2", "CreateVolume")
def create_volume(call: Call) -> object:
    earlier = earlier_answer(call)
    if earlier is not None:
        return earlier
    backend = ec2(call)
    zone = call.parameters.get("AvailabilityZone")
    if zone not in {item.name for item in backend.describe_availability_zones()}:
        raise AwsError("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")
    size_gib = call.parameters.get("Size")
    if size_gib is not None and not 1 <= size_gib <= 16384:
        raise AwsError("InvalidParameterValue", f"Volume of {size_gib}GiB is invalid; it has 1 to 16384 GiB.")
    snapshot_id = call.parameters.get("SnapshotId")
    if snapshot_id:
        _require_restorable(backend, snapshot_id, size_gib)
    if snapshot_id and size_gib is None:
        # Moto takes the size that the snapshot's volume has by now.
        call.body += f"&Size={backend.snapshots[snapshot_id].volume_size}".encode()
    before = set(backend.volumes)
    response = call.forward()
    for volume_id in set(backend.volumes) - before:
        volume = backend.volumes[volume_id]
        remember_answer(call, volume)
        volume.failed = call.sandbox.state(Misfortunes).meet("volume") is not None
        make_disk(call.sandbox, volume, snapshot_id)
    return response


def _require_restorable(backend: Any, snapshot_id: str, size_gib: int | None) -> None:
    """Raises what EC2 answers to a volume from a snapshot that is not there, not complete, or larger."""
    snapshot = backend.snapshots.get(snapshot_id)
    if snapshot is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    if snapshot.status != "completed":
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
    least_gib = snapshot.volume_size
    if size_gib is not None and size_gib < least_gib:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of size {size_gib}GB is smaller than snapshot '{snapshot_id}', expect size >= {least_gib}GB",
        )


def require_whole(volume: Any) -> None:
    """Raises what EC2 answers to a change of a volume in state `error`."""
    if volume.status == "error":
        raise AwsError("IncorrectState", f"The volume '{volume.id}' is not 'available'.")


def copy_disk(sandbox: Sandbox, volume_id: str, snapshot_id: str) -> None:
    """Keeps what is in the file behind a volume at this moment, when there are machines."""
    if sandbox.machines and volume_id in sandbox.state(Ec2State).disks:
        sandbox.machines.create_snapshot(snapshot_id, volume_id)


def make_disk(sandbox: Sandbox, volume: Any, snapshot_id: str | None = None) -> None:
    """Makes the file behind a volume, blank or as it was at a snapshot, when there are machines."""
    if sandbox.machines:
        sandbox.machines.create_volume(volume.id, volume.size, snapshot_id)
        sandbox.state(Ec2State).disks.add(volume.id)


def drop_disk(sandbox: Sandbox, volume_id: str) -> None:
    """Deletes the file behind a volume once its machine has let it go."""
    machines, state = sandbox.machines, sandbox.state(Ec2State)
    if machines and volume_id in state.disks:
        state.disks.remove(volume_id)
        state.work(volume_id, lambda: machines.delete_volume(volume_id))


@handles("ec2", "DeleteVolume")
def delete_volume(call: Call) -> object:
    response = call.forward()
    if response.status_code == 200:
        drop_disk(call.sandbox, call.parameters["VolumeId"])
    return response


@handles("ec2", "AttachVolume")
def attach_volume(call: Call) -> object:
    backend = ec2(call)
    device = call.parameters["Device"]
    volume = backend.get_volume(call.parameters["VolumeId"])
    instance = backend.get_instance(call.parameters["InstanceId"])
    require_whole(volume)
    if volume.attachment:
        raise AwsError("VolumeInUse", f"{volume.id} is already attached to an instance")
    if instance.state not in ("running", "stopped"):
        raise AwsError("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.availability_zone != instance._placement.zone:
        raise AwsError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'",
        )
    if not re.fullmatch(r"/dev/(sd[a-z]\d{0,2}|xvd[a-z]{1,2}|hd[a-z]\d{0,2})", device):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name.",
        )
    if device in instance.block_device_mapping:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
        )
    attachment = backend.attach_volume(volume.id, instance.id, device)
    attachment.status = "attaching"

    def attached() -> None:
        if volume.attachment is attachment:
            attachment.status = "attached"

    def failed() -> None:
        if volume.attachment is attachment:
            backend.detach_volume(volume.id, instance.id, device)

    _on_machine(call, instance.id, lambda machines: machines.attach(instance.id, volume.id), attached, failed)
    return _attachment_state(attachment, "attaching")


def _attachment_state(attachment: Any, state: str) -> dict[str, Any]:
    return {
        "VolumeId": attachment.volume.id,
        "InstanceId": attachment.instance.id,
        "Device": attachment.device,
        "State": state,
        "AttachTime": attachment.attach_time,
        "DeleteOnTermination": False,
    }


def _on_machine(
    call: Call, instance_id: str, job: Callable[[Any], None], done: Callable[[], None], failed: Callable[[], None]
) -> None:
    """Runs `job` on the machine in the background, then one of the others; without a machine it is done at once."""
    sandbox = call.sandbox
    machines = sandbox.machines
    life = life_of(sandbox, instance_id)
    if machines is None or life is None or life.platform is None:
        done()
        return

    def work() -> None:
        try:
            job(machines)
        except Exception:
            with sandbox.lock:
                failed()
            raise
        with sandbox.lock:
            done()

    sandbox.state(Ec2State).work(instance_id, work)


@handles("ec2", "DetachVolume")
def detach_volume(call: Call) -> object:
    backend = ec2(call)
    volume = backend.get_volume(call.parameters["VolumeId"])
    attachment = volume.attachment
    if attachment is None:
        raise AwsError("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
    instance = attachment.instance
    if call.parameters.get("InstanceId", instance.id) != instance.id:
        raise AwsError(
            "InvalidAttachment.NotFound",
            f"The volume '{volume.id}' is not attached to instance '{call.parameters['InstanceId']}'.",
        )
    if call.parameters.get("Device", attachment.device) != attachment.device:
        raise AwsError("InvalidAttachment.NotFound", f"The volume '{volume.id}' is not attached as that device.")
    if attachment.device == instance.root_device_name and instance.state != "stopped":
        raise AwsError(
            "OperationNotPermitted", f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'"
        )
    if attachment.status == "detaching":
        return _attachment_state(attachment, "detaching")
    attachment.status = "detaching"

    def detached() -> None:
        if volume.attachment is attachment:
            backend.detach_volume(volume.id, instance.id, attachment.device)

    def failed() -> None:
        attachment.status = "busy"

    _on_machine(call, instance.id, lambda machines: machines.detach(instance.id, volume.id), detached, failed)
    return _attachment_state(attachment, "detaching")
