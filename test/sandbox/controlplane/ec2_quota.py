"""How many vCPUs an account may run: Service Quotas tells it, and RunInstances and StartInstances keep it."""

from __future__ import annotations

import re
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from awscall import AwsError, Call
from ec2_state import ec2
from gateway import handles
from state import Sandbox

# Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances (Amazon EC2 User Guide, "On-Demand Instance quotas").
STANDARD_CODE = "L-1216C47A"
STANDARD = re.compile(r"(?:[acdhimrtz]|im|is)\d")
# What a test's account has unless it says otherwise; a new account of AWS has 5.
USUAL_VCPUS = 1000.0


def quota(sandbox: Sandbox) -> float:
    return sandbox.settings.vcpu_quota or USUAL_VCPUS


def vcpus_of(kind: str) -> int:
    return INSTANCE_TYPES[kind]["VCpuInfo"]["DefaultVCpus"] if STANDARD.match(kind) else 0


def check_vcpus(call: Call, kind: str) -> None:
    """Raises what EC2 answers when one more instance of a type would be too many."""
    running = (one for one in ec2(call).all_instances() if one.state in ("pending", "running"))
    used = sum(vcpus_of(one.instance_type) for one in running)
    wanted = vcpus_of(kind)
    limit = quota(call.sandbox)
    if wanted and used + wanted > limit:
        raise AwsError(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} allows for the instance"
            " bucket that the specified instance type belongs to. Please visit"
            " http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
        )


@handles("service-quotas", "GetServiceQuota")
def get_service_quota(call: Call) -> dict[str, Any]:
    service, code = call.parameters["ServiceCode"], call.parameters["QuotaCode"]
    if (service, code) != ("ec2", STANDARD_CODE):
        raise AwsError("NoSuchResourceException", "The request failed because the specified quota does not exist.", 400)
    arn = f"arn:aws:servicequotas:{call.region}:{call.sandbox.account}:{service}/{code}"
    return {
        "Quota": {
            "ServiceCode": service,
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaArn": arn,
            "QuotaCode": code,
            "QuotaName": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
            "Value": quota(call.sandbox),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
    }
