"""What the SSM agent of an instance may do: what the policies of the role in its profile allow, managed and inline.

Registering, and staying online, is `ssm:UpdateInstanceInformation`. Commands and sessions reach the agent over its message channels:
`ssmmessages:*`, or for commands `ec2messages:*`, which older agents use (AWS: "ec2messages, ssmmessages, and other API operations").
An agent that registers without them is online, and every command waits for it until the delivery time is over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from awscall import ACCOUNT_ID
from state import Sandbox

REGISTER = ["ssm:UpdateInstanceInformation"]
CHANNELS = [
    f"ssmmessages:{name}"
    for name in ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
]
MESSAGES = [
    f"ec2messages:{name}"
    for name in ("AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply")
]


def may_register(sandbox: Sandbox, instance: Any) -> bool:
    """Whether the agent of an instance can register."""
    return _may(sandbox, instance, REGISTER)


def may_take_commands(sandbox: Sandbox, instance: Any) -> bool:
    """Whether commands reach the agent of an instance."""
    return _may(sandbox, instance, CHANNELS) or _may(sandbox, instance, MESSAGES)


def may_hold_sessions(sandbox: Sandbox, instance: Any) -> bool:
    """Whether sessions reach the agent of an instance."""
    return _may(sandbox, instance, CHANNELS)


def _may(sandbox: Sandbox, instance: Any, actions: list[str]) -> bool:
    profile_arn = (instance.iam_instance_profile or {}).get("Arn")
    profiles = sandbox.backend("iam", "aws").instance_profiles.values()
    roles = [role for profile in profiles if profile.arn == profile_arn for role in profile.roles]
    statements = [statement for role in roles for statement in _statements(role)]
    # Of these actions only registering can be narrowed to instances; the channels know no resource.
    resource = f"arn:aws:ec2:{instance.region_name}:{ACCOUNT_ID}:instance/{instance.id}"
    return all(_allows(statements, action, resource if action in REGISTER else "*") for action in actions)


def _statements(role: Any) -> Iterator[dict[str, Any]]:
    managed = [
        version.document
        for policy in role.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    for document in [*role.policies.values(), *managed]:
        yield from _list(json.loads(document)["Statement"])


def _allows(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    """IAM's rule: some statement allows it and none denies it. A denial under a condition is not counted."""
    effects = {
        statement["Effect"]
        for statement in statements
        if _meets(statement, action, resource) and not (statement["Effect"] == "Deny" and "Condition" in statement)
    }
    return effects == {"Allow"}


def _meets(statement: dict[str, Any], action: str, resource: str) -> bool:
    if "NotAction" in statement:
        named = not any(_matches(pattern, action) for pattern in _list(statement["NotAction"]))
    else:
        named = any(_matches(pattern, action) for pattern in _list(statement.get("Action", [])))
    return named and any(_matches(pattern, resource) for pattern in _list(statement.get("Resource", [])))


def _matches(pattern: str, value: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.IGNORECASE) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
