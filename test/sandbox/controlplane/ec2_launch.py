"""What RunInstances checks before an instance exists, and the defaults that the image and type bring."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from awscall import AwsError, Call
from ec2_credits import check_credits
from ec2_images import platform_of
from ec2_quota import check_vcpus
from ec2_state import ec2
from iam import IamTimes
from state import Sandbox


def check_launch(call: Call) -> None:
    """Raises what EC2 answers to a launch that it cannot do."""
    parameters = call.parameters
    if not parameters.get("ImageId") and not parameters.get("LaunchTemplate"):
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    _check_profile(call.sandbox, parameters.get("IamInstanceProfile") or {})
    _check_type(call, parameters)
    _check_network(call, parameters)
    check_credits(call)
    if parameters.get("InstanceType"):
        check_vcpus(call, parameters["InstanceType"])
    for mapping in parameters.get("BlockDeviceMappings") or []:
        size_gib = (mapping.get("Ebs") or {}).get("VolumeSize")
        if size_gib is not None and size_gib < 8 and mapping["DeviceName"] == _root_device(call):
            raise AwsError(
                "InvalidBlockDeviceMapping",
                f"Volume of size {size_gib}GB is smaller than snapshot, expect size >= 8GB",
            )


def _check_profile(sandbox: Sandbox, given: dict[str, str]) -> None:
    if not given:
        return
    kind, value = ("arn", given["Arn"]) if "Arn" in given else ("name", given.get("Name", ""))
    label = "ARN" if kind == "arn" else "name"
    invalid = AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter iamInstanceProfile.{kind} is invalid. Invalid IAM Instance Profile {label}",
    )
    profiles = sandbox.backend("iam", "aws").instance_profiles.values()
    profile = next((item for item in profiles if value == (item.arn if kind == "arn" else item.name)), None)
    times = sandbox.state(IamTimes)
    if profile is None or not times.has_spread(profile.name, sandbox.settings.profile_seconds):
        raise invalid
    if not profile.roles:
        raise AwsError("InvalidParameterValue", f"IAM Instance Profile {value} has no associated IAM Roles")


def _check_type(call: Call, parameters: dict[str, Any]) -> None:
    backend = ec2(call)
    kind = parameters.get("InstanceType")
    if kind is None:
        return
    if kind not in INSTANCE_TYPES:
        raise AwsError("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
    subnet_id = _subnet_id(parameters)
    zone = (parameters.get("Placement") or {}).get("AvailabilityZone")
    if subnet_id in {subnet.id for subnet in backend.describe_subnets()}:
        zone = backend.get_subnet(subnet_id).availability_zone
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(call.region, [])
    if zone and not any(offer["InstanceType"] == kind and offer["Location"] == zone for offer in offers):
        raise AwsError(
            "Unsupported",
            f"Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone}).",
        )
    image = backend.amis.get(parameters.get("ImageId"))
    architectures = INSTANCE_TYPES[kind]["ProcessorInfo"]["SupportedArchitectures"]
    if image and image.architecture and image.architecture not in architectures:
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{architectures[0]}' of the specified instance type does not match the architecture"
            f" '{image.architecture}' of the specified AMI.",
        )


def _subnet_id(parameters: dict[str, Any]) -> str | None:
    interfaces = parameters.get("NetworkInterfaces") or [{}]
    return parameters.get("SubnetId") or interfaces[0].get("SubnetId")


def _check_network(call: Call, parameters: dict[str, Any]) -> None:
    subnet_id = _subnet_id(parameters)
    subnet = next((item for item in ec2(call).describe_subnets() if item.id == subnet_id), None)
    interfaces = parameters.get("NetworkInterfaces") or [{}]
    for group_id in [*(parameters.get("SecurityGroupIds") or []), *(interfaces[0].get("Groups") or [])]:
        group = ec2(call).get_security_group_from_id(group_id)
        if subnet and group and group.vpc_id != subnet.vpc_id:
            raise AwsError(
                "InvalidParameter", f"Security group {group_id} and subnet {subnet_id} belong to different networks."
            )


def _default_zone(call: Call) -> str | None:
    """The zone that EC2 picks when it is told none: one with a default subnet, and with machines of the type."""
    kind = call.parameters.get("InstanceType")
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(call.region, [])
    zones = {subnet.availability_zone for subnet in ec2(call).describe_subnets() if subnet.default_for_az}
    fit = {offer["Location"] for offer in offers if kind in (None, offer["InstanceType"])} & zones
    return min(fit, default=None)


def _root_device(call: Call) -> str | None:
    image = ec2(call).amis.get(call.parameters.get("ImageId"))
    return image.root_device_name if image else None


def completed_body(call: Call) -> bytes:
    """The request with the root disk that the image brings (moto's is always /dev/sda1) and a zone (moto's is always `a`)."""
    added = _root_disk(call)
    told_zone = (call.parameters.get("Placement") or {}).get("AvailabilityZone")
    zone = None if told_zone or _subnet_id(call.parameters) else _default_zone(call)
    if zone:
        added["Placement.AvailabilityZone"] = zone
    return call.body + b"&" + urlencode(added).encode() if added else call.body


def _root_disk(call: Call) -> dict[str, Any]:
    """The parameters of the root disk that the request leaves out."""
    root = _root_device(call)
    if root is None:
        return {}
    mappings = call.parameters.get("BlockDeviceMappings") or []
    defaults: dict[str, Any] = {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": "true"}
    position = next((at for at, item in enumerate(mappings, 1) if item["DeviceName"] == root), len(mappings) + 1)
    added: dict[str, Any] = {}
    given = mappings[position - 1].get("Ebs") or {} if position <= len(mappings) else {}
    if position > len(mappings):
        added[f"BlockDeviceMapping.{position}.DeviceName"] = root
    for name, value in defaults.items():
        if name not in given:
            added[f"BlockDeviceMapping.{position}.Ebs.{name}"] = value
    return added


def launched_platform(backend: Any, image_id: str) -> str | None:
    image = backend.amis.get(image_id)
    return platform_of(image) if image else None
