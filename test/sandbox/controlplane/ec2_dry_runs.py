"""DryRun: EC2 answers whether a call would have been allowed, and does nothing.

Whoever may not make the call is refused before; what EC2 can see to be wrong with the request is told instead of DryRunOperation.
"""

from __future__ import annotations

from awscall import AwsError, Call
from ec2_images import ensure_images
from ec2_launch import check_launch
from ec2_state import ec2


def check(call: Call) -> None:
    """Ends a dry run, after permissions were checked; raises DryRunOperation for one that would have succeeded."""
    if call.service != "ec2" or not call.parameters.get("DryRun"):
        return
    if call.operation == "RunInstances":
        ensure_images(call.sandbox, call.region)
        _check_names(call)
        check_launch(call)
    else:
        _check_ids(call)
    raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def _check_ids(call: Call) -> None:
    """What a request names must be there, as its tags decide who may do it."""
    backend = ec2(call)
    instances = [one.id for reservation in backend.reservations.values() for one in reservation.instances]
    volume_id, group_id = call.parameters.get("VolumeId"), call.parameters.get("GroupId")
    if volume_id and volume_id not in backend.volumes:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
    if group_id and backend.get_security_group_from_id(group_id) is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    named = call.parameters.get("InstanceIds") or [call.parameters.get("InstanceId") or ""]
    for instance_id in named:
        if instance_id and instance_id not in instances:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")


def _check_names(call: Call) -> None:
    known = {subnet.id for subnet in ec2(call).describe_subnets()}
    interfaces = call.parameters.get("NetworkInterfaces") or [{}]
    subnet_id = call.parameters.get("SubnetId") or interfaces[0].get("SubnetId")
    if subnet_id and subnet_id not in known:
        raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
    key = call.parameters.get("KeyName")
    if key and key not in ec2(call).key_pairs:
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
