"""IAM: how long new instance profiles take to be known elsewhere, and the conflicts that moto lets pass."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from awscall import AwsError, Call
from gateway import handles


@dataclass
class IamTimes:
    """When each instance profile was last created or given a role."""

    changed_at: dict[str, float] = field(default_factory=dict)

    def has_spread(self, profile_name: str, seconds: float) -> bool:
        return time.monotonic() >= self.changed_at.get(profile_name, float("-inf")) + seconds


@cache
def _policy_data() -> dict[str, dict[str, Any]]:
    return json.loads(aws_managed_policies_data)


def _aws_policies(backend: IAMBackend) -> list[AWSManagedPolicy]:
    """AWS's own policies. Moto reads them for six partitions, and again after each reset: a second each time."""
    if backend.region_name != "aws":
        return []
    return [
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in _policy_data().items()
    ]


IAMBackend._init_aws_policies = _aws_policies  # type: ignore[method-assign, assignment]


@handles("iam", "CreateInstanceProfile", "AddRoleToInstanceProfile")
def change_profile(call: Call) -> object:
    response = call.forward()
    if response.status_code == 200:
        call.sandbox.state(IamTimes).changed_at[call.parameters["InstanceProfileName"]] = time.monotonic()
    return response


@handles("iam", "DeleteInstanceProfile")
def delete_instance_profile(call: Call) -> object:
    profile = call.sandbox.backend("iam", "aws").get_instance_profile(call.parameters["InstanceProfileName"])
    if profile.roles:
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    return call.forward()


@handles("iam", "DeleteRole")
def delete_role(call: Call) -> object:
    backend = call.sandbox.backend("iam", "aws")
    role = backend.get_role(call.parameters["RoleName"])
    if any(role in profile.roles for profile in backend.instance_profiles.values()):
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    if role.managed_policies:
        raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if role.policies:
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    return call.forward()
