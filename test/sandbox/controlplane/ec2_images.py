"""The images that instances boot from, behind the public parameters through which AWS publishes them."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ssm.models import Parameter

from ec2_state import Ec2State
from state import Sandbox

CANONICAL = "099720109477"
AMAZON = "137112412989"
# Public parameter -> (name of the image, architecture, root device, owner)
PUBLIC_IMAGES = {
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": (
        "al2023-ami-2023.9.20251105.0-kernel-6.1-x86_64",
        "x86_64",
        "/dev/xvda",
        AMAZON,
    ),
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64": (
        "al2023-ami-2023.9.20251105.0-kernel-6.1-arm64",
        "arm64",
        "/dev/xvda",
        AMAZON,
    ),
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": (
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022",
        "x86_64",
        "/dev/sda1",
        CANONICAL,
    ),
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id": (
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20251022",
        "arm64",
        "/dev/sda1",
        CANONICAL,
    ),
}


def ensure_images(sandbox: Sandbox, region: str) -> None:
    """Publishes the images in a region, once."""
    state = sandbox.state(Ec2State)
    if region in state.regions_with_images:
        return
    state.regions_with_images.add(region)
    ec2 = sandbox.backend("ec2", region)
    parameters = sandbox.backend("ssm", region)._parameters
    for parameter, (name, architecture, root_device, owner) in PUBLIC_IMAGES.items():
        versions = parameters[parameter] if parameter in parameters else []
        image_id = versions[-1].value if versions else _image_id(parameter, region)
        if not versions:
            parameters[parameter] = [_parameter(sandbox, region, parameter, image_id)]
        if image_id not in ec2.amis:
            ec2.amis[image_id] = Ami(
                ec2,
                image_id,
                name=name,
                description=name,
                owner_id=owner,
                owner_alias="amazon",
                public=True,
                virtualization_type="hvm",
                architecture=architecture,
                hypervisor="xen",
                root_device_type="ebs",
                root_device_name=root_device,
                image_location=f"{owner}/{name}",
                region_name=f"{region}a",
            )


def _image_id(parameter: str, region: str) -> str:
    return "ami-0" + hashlib.sha256(f"{region}{parameter}".encode()).hexdigest()[:16]


def _parameter(sandbox: Sandbox, region: str, name: str, value: str) -> Parameter:
    return Parameter(  # type: ignore[abstract]
        account_id=sandbox.backend("ssm", region).account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=1761000000,
        version=1,
        data_type="aws:ec2:image",
    )


def platform_of(image: Any) -> str | None:
    """Which machine stands for an image; None for Windows and the like, which the sandbox cannot boot."""
    name = (image.name or "").lower()
    if "ubuntu" in name:
        return "ubuntu"
    return "amazon-linux" if name.startswith(("al2023-ami", "amzn2-ami", "amzn-ami")) else None
