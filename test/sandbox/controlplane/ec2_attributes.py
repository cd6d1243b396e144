"""Changes of an instance's attributes: its security groups, and its type only while it is stopped, and only to one that its system and zone can have."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from awscall import AwsError, Call
from ec2_credits import default_credits
from ec2_state import ec2, life_of
from gateway import handles


@handles("ec2", "ModifyInstanceAttribute")
def modify_instance_attribute(call: Call) -> object:
    groups = call.parameters.get("Groups")
    if groups is not None:
        return _change_groups(call, groups)
    kind = (call.parameters.get("InstanceType") or {}).get("Value")
    if kind is None:
        return call.forward()
    instance = ec2(call).get_instance(call.parameters["InstanceId"])
    if kind not in INSTANCE_TYPES:
        raise AwsError("InvalidInstanceAttributeValue", f"The instanceType '{kind}' is not valid.")
    if instance.state != "stopped":
        raise AwsError("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")
    _check_fit(call, instance, kind)
    if kind != instance.instance_type:
        _take_credits(call, instance, kind)
        instance.instance_type = kind
    return {}


def _change_groups(call: Call, group_ids: list[str]) -> object:
    """Puts the interface of an instance into these groups, of its own network, and out of all others."""
    backend = ec2(call)
    instance = backend.get_instance(call.parameters["InstanceId"])
    groups = [backend.get_security_group_from_id(group_id) for group_id in group_ids]
    for group_id, group in zip(group_ids, groups, strict=True):
        if group is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        if group.vpc_id != instance.nics[0].subnet.vpc_id:
            raise AwsError(
                "InvalidGroup.NotFound",
                f"The security group '{group_id}' does not exist in VPC '{instance.nics[0].subnet.vpc_id}'",
            )
    instance.security_groups = list(groups)
    instance.nics[0]._group_set = list(groups)
    return {}


def _check_fit(call: Call, instance: Any, kind: str) -> None:
    architectures = INSTANCE_TYPES[kind]["ProcessorInfo"]["SupportedArchitectures"]
    if instance.architecture not in architectures:
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{architectures[0]}' of the specified instance type does not match the architecture"
            f" '{instance.architecture}' of the instance.",
        )
    zone = instance._placement.zone
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(call.region, [])
    if not any(offer["InstanceType"] == kind and offer["Location"] == zone for offer in offers):
        raise AwsError(
            "Unsupported",
            f"Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone}).",
        )


def _take_credits(call: Call, instance: Any, kind: str) -> None:
    """A burstable instance keeps its option in another burstable type; one that was not burstable gets the default."""
    life = life_of(call.sandbox, instance.id)
    if life is not None:
        default = default_credits(kind)
        life.cpu_credits = default and (life.cpu_credits or default)
