"""Regions: those that every account has, and those that it has to switch on first, which refuse it until then."""

from __future__ import annotations

from awscall import AwsError, Call
from ec2_state import ec2
from gateway import handles
from signature_refusals import ALWAYS_ON, is_closed


@handles("ec2", "DescribeRegions")
def describe_regions(call: Call) -> object:
    """The regions of AWS's commercial partition, those that are off only where all are asked for.

    moto lists those of China as well, which no account of it has, and takes some for on that are not.
    """
    known = [one for one in ec2(call).describe_regions() if not one.name.startswith(("cn-", "us-gov-"))]
    names = call.parameters.get("RegionNames") or []
    for name in names:
        if name not in [one.name for one in known]:
            raise AwsError("InvalidParameterValue", f"Invalid region provided: {name}")
    asked = [one for one in known if one.name in (names or [one.name])]
    regions = [(one, _status(call, one.name)) for one in asked]
    return {
        "Regions": [
            {"RegionName": one.name, "Endpoint": one.endpoint, "OptInStatus": status}
            for one, status in regions
            if call.parameters.get("AllRegions") or status != "not-opted-in"
        ]
    }


def _status(call: Call, name: str) -> str:
    if is_closed(call, name):
        return "not-opted-in"
    return "opt-in-not-required" if name in ALWAYS_ON else "opted-in"
