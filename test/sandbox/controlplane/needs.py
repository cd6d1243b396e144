"""Which permissions a call needs: the IAM actions, the resources that they are about, and their condition keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import s3_actions
from awscall import Call
from cloudfront import CloudFrontState

PREFIXES = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}
# EC2's parameters that name what exists, and what its calls make.
EC2_PARAMETERS = {
    "InstanceId": "instance",
    "InstanceIds": "instance",
    "VolumeId": "volume",
    "SnapshotId": "snapshot",
    "GroupId": "security-group",
    "SecurityGroupIds": "security-group",
    "SubnetId": "subnet",
    "AllocationId": "elastic-ip",
    "NetworkInterfaceId": "network-interface",
}
EC2_MADE = {
    "RunInstances": ("instance", "volume", "network-interface"),
    "CreateVolume": ("volume",),
    "CreateSnapshot": ("snapshot",),
    "CreateSecurityGroup": ("security-group",),
    "AllocateAddress": ("elastic-ip",),
    "CreateDefaultVpc": ("vpc",),
}
# What only some calls are asked about.
EC2_ALSO = {
    "CreateSecurityGroup": {"VpcId": "vpc"},
    "ModifyInstanceAttribute": {"Groups": "security-group"},
    "RunInstances": {"KeyName": "key-pair"},
}
EC2_IDS = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "sg": "security-group",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "subnet": "subnet",
    "vpc": "vpc",
}
CLOUDFRONT_KINDS = (
    ("OriginAccessControl", "origin-access-control"),
    ("Function", "function"),
    ("CachePolicy", "cache-policy"),
    ("OriginRequestPolicy", "origin-request-policy"),
    ("ResponseHeadersPolicy", "response-headers-policy"),
    ("Invalidation", "distribution"),
    ("MonitoringSubscription", "distribution"),
    ("Distribution", "distribution"),
)


@dataclass(frozen=True)
class Need:
    """One action on one resource (`*` for actions without) with the condition keys, in lower case, that only it has."""

    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = field(default_factory=dict)


def of(call: Call) -> list[Need]:
    """Everything that the caller has to be allowed for this call to go through."""
    found = FINDERS.get(call.service, _plain)(call)
    return [Need(need.action, need.resource, {**_resource_tags(call, need.resource), **need.context}) for need in found]


def _plain(call: Call) -> list[Need]:
    return [Need(_action(call))]


def _action(call: Call) -> str:
    return f"{PREFIXES.get(call.service, call.service)}:{call.operation}"


def _s3(call: Call) -> list[Need]:
    return [Need(action, resource, s3_actions.context(call)) for action, resource in s3_actions.of(call)]


def _sts(call: Call) -> list[Need]:
    return [Need(_action(call), call.parameters.get("RoleArn") or "*")]


def _ec2(call: Call) -> list[Need]:
    specifications = {
        item.get("ResourceType", ""): _request_tags(item.get("Tags"))
        for item in call.parameters.get("TagSpecifications") or []
    }
    action = _action(call)
    if call.operation.startswith("Describe"):
        return [Need(action)]
    if call.operation in ("CreateTags", "DeleteTags"):
        tags = _request_tags(call.parameters.get("Tags"))
        return [Need(action, _ec2_arn_of(call, str(one)), tags) for one in call.parameters.get("Resources") or []]
    made = EC2_MADE.get(call.operation, ())
    found = [Need(action, _ec2_arn(call, kind, "*"), specifications.get(kind, {})) for kind in made]
    for name, kind in {**EC2_PARAMETERS, **EC2_ALSO.get(call.operation, {})}.items():
        given = call.parameters.get(name) or []
        found += [Need(action, _ec2_arn(call, kind, one)) for one in ([given] if isinstance(given, str) else given)]
    if call.operation == "DisassociateAddress":
        addresses = call.sandbox.backend("ec2", call.region).addresses
        given = call.parameters.get("AssociationId")
        names = [one.allocation_id for one in addresses if one.association_id == given]
        found += [Need(action, _ec2_arn(call, "elastic-ip", name)) for name in names]
    if call.operation == "RunInstances" and call.parameters.get("ImageId"):
        found.append(Need(action, f"arn:aws:ec2:{call.region}::image/{call.parameters['ImageId']}"))
    creates = {"ec2:createaction": call.operation}
    found += [
        Need("ec2:CreateTags", _ec2_arn(call, kind, "*"), {**creates, **tags})
        for kind, tags in specifications.items()
        if tags
    ]
    return [*(found or [Need(action)]), *_passed_roles(call)]


def _passed_roles(call: Call) -> list[Need]:
    """An instance profile hands its roles to EC2, which the caller must be allowed to do."""
    given = call.parameters.get("IamInstanceProfile") or {}
    profiles = call.sandbox.backend("iam", "aws").instance_profiles.values()
    return [
        _pass_role(role.arn)
        for profile in profiles
        if given and (profile.arn == given.get("Arn") or profile.name == given.get("Name"))
        for role in profile.roles
    ]


def _pass_role(arn: str) -> Need:
    return Need("iam:PassRole", arn, {"iam:passedtoservice": "ec2.amazonaws.com"})


def _ec2_arn(call: Call, kind: str, name: str) -> str:
    # Snapshots, as images, are of no account (Service Authorization Reference, “Resource types defined by Amazon EC2”).
    account = "" if kind == "snapshot" else call.sandbox.account
    return f"arn:aws:ec2:{call.region}:{account}:{kind}/{name}"


def _ec2_arn_of(call: Call, resource_id: str) -> str:
    return _ec2_arn(call, EC2_IDS.get(resource_id.rpartition("-")[0], "*"), resource_id)


def _iam(call: Call) -> list[Need]:
    parameters = call.parameters
    if "PolicySourceArn" in parameters:
        return [Need(_action(call), parameters["PolicySourceArn"])]
    context = _request_tags(parameters.get("Tags"))
    if "PolicyArn" in parameters:
        context["iam:policyarn"] = parameters["PolicyArn"]
    backend = call.sandbox.backend("iam", "aws")
    arn = "*"
    for name, kind, known in (
        ("InstanceProfileName", "instance-profile", backend.instance_profiles.values()),
        ("RoleName", "role", backend.roles.values()),
        ("UserName", "user", backend.users.values()),
    ):
        if parameters.get(name):
            existing = [one.arn for one in known if one.name == parameters[name]]
            path = parameters.get("Path") or "/"
            arn = next(iter(existing), f"arn:aws:iam::{call.sandbox.account}:{kind}{path}{parameters[name]}")
            break
    found = [Need(_action(call), arn, context)]
    if call.operation in ("CreateRole", "CreateInstanceProfile") and parameters.get("Tags"):
        found.append(Need(f"iam:Tag{call.operation.removeprefix('Create')}", arn, context))
    if call.operation == "AddRoleToInstanceProfile":
        found += [_pass_role(role.arn) for role in backend.roles.values() if role.name == parameters.get("RoleName")]
    return found


def _ssm(call: Call) -> list[Need]:
    parameters, action = call.parameters, _action(call)
    resources: list[str] = []
    if call.operation in ("SendCommand", "StartSession"):
        targets = parameters.get("InstanceIds") or [parameters.get("Target") or "*"]
        resources = [_ec2_arn(call, "instance", one) for one in targets]
        document = parameters.get("DocumentName") or "SSM-SessionManagerRunShell"
        owner = "" if document.startswith("AWS-") else call.sandbox.account
        resources.append(f"arn:aws:ssm:{call.region}:{owner}:document/{document}")
    if call.operation in ("GetParameter", "GetParameters"):
        for name in parameters.get("Names") or [parameters.get("Name") or ""]:
            owner = "" if name.startswith("/aws/") else call.sandbox.account
            resources.append(f"arn:aws:ssm:{call.region}:{owner}:parameter/{name.removeprefix('/')}")
    if parameters.get("SessionId"):
        resources.append(f"arn:aws:ssm:{call.region}:{call.sandbox.account}:session/{parameters['SessionId']}")
    return [Need(action, resource) for resource in resources] or [Need(action)]


def _cloudfront(call: Call) -> list[Need]:
    parameters = call.parameters
    prefix = f"arn:aws:cloudfront::{call.sandbox.account}"
    if "Resource" in parameters:
        tags = _request_tags((parameters.get("Tags") or {}).get("Items"))
        return [Need(_action(call), parameters["Resource"], tags)]
    if call.operation.startswith("List") and "DistributionId" not in parameters:
        return [Need(_action(call))]
    kind = next((kind for name, kind in CLOUDFRONT_KINDS if name in call.operation), "*")
    name = parameters.get("DistributionId") or parameters.get("Id") or parameters.get("Name") or "*"
    resource = f"{prefix}:{kind}/{name}"
    if call.operation == "CreateDistributionWithTags":
        given = (parameters.get("DistributionConfigWithTags") or {}).get("Tags") or {}
        tags = _request_tags(given.get("Items"))
        return [Need("cloudfront:CreateDistribution", resource, tags), Need("cloudfront:TagResource", resource, tags)]
    return [Need(_action(call), resource)]


def _request_tags(tags: Any) -> dict[str, str | list[str]]:
    pairs = {tag["Key"]: tag.get("Value") or "" for tag in tags or [] if "Key" in tag}
    found: dict[str, str | list[str]] = {f"aws:requesttag/{key}".lower(): value for key, value in pairs.items()}
    return {**found, "aws:tagkeys": list(pairs)} if pairs else {}


def _resource_tags(call: Call, arn: str) -> dict[str, str | list[str]]:
    """The tags that an existing resource has, as condition keys."""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    tags: dict[str, str] = {}
    if service == "ec2":
        tags = dict(call.sandbox.backend("ec2", call.region).tags.get(arn.rpartition("/")[2], {}))
    elif service == "iam":
        roles = [role for role in call.sandbox.backend("iam", "aws").roles.values() if role.arn == arn]
        tags = {tag["Key"]: tag["Value"] for role in roles for tag in role.tags}
    elif service == "cloudfront":
        distributions = call.sandbox.state(CloudFrontState).distributions
        if arn.rpartition("/")[2] in distributions:
            tags = distributions[arn.rpartition("/")[2]].tags
    names = {"aws", service, "ssm"} if service == "ec2" else {"aws", service}
    return {f"{name}:resourcetag/{key}".lower(): value for name in names for key, value in tags.items()}


FINDERS: dict[str, Callable[[Call], list[Need]]] = {
    "s3": _s3,
    "sts": _sts,
    "ec2": _ec2,
    "iam": _iam,
    "ssm": _ssm,
    "cloudfront": _cloudfront,
}
