"""EBS volumes: client tokens, zones, one attachment at a time, and changes that take their time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from moto.core.utils import utcnow

from awscall import AwsError, Call
from ec2_state import Ec2State, earlier_answer, ec2, life_of, remember_answer
from gateway import handles
from state import Sandbox


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
    before = set(backend.volumes)
    response = call.forward()
    for volume_id in set(backend.volumes) - before:
        volume = backend.volumes[volume_id]
        remember_answer(call, volume)
        make_disk(call.sandbox, volume)
    return response


def make_disk(sandbox: Sandbox, volume: Any) -> None:
    """Makes the file behind a volume, when there are machines."""
    if sandbox.machines:
        sandbox.machines.create_volume(volume.id, volume.size)
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


@handles("ec2", "ModifyVolume")
def modify_volume(call: Call) -> object:
    volume = ec2(call).get_volume(call.parameters["VolumeId"])
    earlier = call.sandbox.state(Ec2State).modifications.setdefault(volume.id, [])
    size_gib = call.parameters.get("Size", volume.size)
    if size_gib < volume.size:
        raise AwsError(
            "InvalidParameterValue",
            f"New size cannot be smaller than existing size {volume.size}",
        )
    if earlier and earlier[-1]["ModificationState"] != "completed":
        raise AwsError(
            "IncorrectModificationState",
            f"Cannot modify volume {volume.id}: it is currently being modified ({earlier[-1]['ModificationState']}).",
        )
    if earlier and time.monotonic() < earlier[-1]["at"] + call.sandbox.settings.cooldown_seconds:
        raise AwsError(
            "VolumeModificationRateExceeded",
            "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between"
            " modifications per EBS volume.",
        )
    modification = {
        "at": time.monotonic(),
        "region": call.region,
        "VolumeId": volume.id,
        "ModificationState": "modifying",
        "TargetSize": size_gib,
        "TargetIops": call.parameters.get("Iops", volume.iops),
        "TargetVolumeType": call.parameters.get("VolumeType", volume.volume_type),
        "TargetThroughput": call.parameters.get("Throughput", volume.throughput),
        "OriginalSize": volume.size,
        "OriginalIops": volume.iops,
        "OriginalVolumeType": volume.volume_type,
        "OriginalThroughput": volume.throughput,
        "Progress": 0,
        "StartTime": utcnow(),
    }
    earlier.append(modification)
    return {"VolumeModification": modification}


def settle(sandbox: Sandbox) -> None:
    """Carries modifications on: the new size is there once the volume is optimizing."""
    for modifications in sandbox.state(Ec2State).modifications.values():
        modification = modifications[-1] if modifications else None
        if modification is None or modification["ModificationState"] == "completed":
            continue
        elapsed_seconds = time.monotonic() - modification["at"]
        if (
            modification["ModificationState"] == "modifying"
            and elapsed_seconds >= sandbox.settings.modification_seconds
        ):
            modification.update(ModificationState="optimizing", Progress=50)
            _apply(sandbox, modification)
        if elapsed_seconds >= 2 * sandbox.settings.modification_seconds:
            modification.update(ModificationState="completed", Progress=100, EndTime=utcnow())


def _apply(sandbox: Sandbox, modification: dict[str, Any]) -> None:
    volume = sandbox.backend("ec2", modification["region"]).volumes.get(modification["VolumeId"])
    if volume is None:
        return
    volume.size = modification["TargetSize"]
    volume.iops = modification["TargetIops"]
    volume.volume_type = modification["TargetVolumeType"]
    volume.throughput = modification["TargetThroughput"]
    grown = modification["TargetSize"] > modification["OriginalSize"]
    if sandbox.machines and grown and volume.id in sandbox.state(Ec2State).disks:
        sandbox.machines.resize_volume(volume.id, volume.size)


@handles("ec2", "DescribeVolumesModifications")
def describe_volumes_modifications(call: Call) -> object:
    all_of_them = call.sandbox.state(Ec2State).modifications
    wanted = call.parameters.get("VolumeIds") or list(all_of_them)
    for volume_id in wanted:
        if not all_of_them.get(volume_id) and call.parameters.get("VolumeIds"):
            ec2(call).get_volume(volume_id)
            raise AwsError(
                "InvalidVolumeModification.NotFound", f"Modification for volume '{volume_id}' does not exist."
            )
    latest = [all_of_them[volume_id][-1] for volume_id in wanted if all_of_them[volume_id]]
    for item in call.parameters.get("Filters") or []:
        names = {"volume-id": "VolumeId", "modification-state": "ModificationState"}
        key = names.get(item["Name"])
        if key is None:
            raise AwsError("NotImplementedInSandbox", f"The sandbox does not know the filter {item['Name']}.", 501)
        latest = [modification for modification in latest if modification[key] in item["Values"]]
    return {"VolumesModifications": latest}
