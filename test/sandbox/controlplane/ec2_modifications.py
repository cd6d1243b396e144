"""Changes of a volume: never smaller, not two at a time, not two in six hours, and not at once."""

from __future__ import annotations

import time
from typing import Any

from moto.core.utils import utcnow

from awscall import AwsError, Call
from ec2_state import Ec2State, ec2
from ec2_volumes import require_whole
from gateway import handles
from state import Sandbox


@handles("ec2", "ModifyVolume")
def modify_volume(call: Call) -> object:
    volume = ec2(call).get_volume(call.parameters["VolumeId"])
    require_whole(volume)
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
