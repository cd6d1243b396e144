"""What RunInstances checks before an instance exists, and the defaults that the image and type bring."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from awscall import AwsError, Call
from ec2_images import platform_of
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
    subnet_id = parameters.get("SubnetId")
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


def _root_device(call: Call) -> str | None:
    image = ec2(call).amis.get(call.parameters.get("ImageId"))
    return image.root_device_name if image else None


def completed_body(call: Call) -> bytes:
    """The request with the root disk that the image brings: moto makes /dev/sda1 for every image otherwise."""
    root = _root_device(call)
    if root is None:
        return call.body
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
    return call.body + b"&" + urlencode(added).encode() if added else call.body


def launched_platform(backend: Any, image_id: str) -> str | None:
    image = backend.amis.get(image_id)
    return platform_of(image) if image else None
