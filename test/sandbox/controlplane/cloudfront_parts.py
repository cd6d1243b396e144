"""What hangs on distributions: origin access controls, invalidations, tags and monitoring subscriptions."""

from __future__ import annotations

import re
import time
from typing import Any

from awscall import AwsError, Call
from cloudfront import (
    BASE_URL,
    CloudFrontState,
    Invalidation,
    check_etag,
    find_distribution,
    is_listed,
    page,
    random_id,
)
from gateway import handles


@handles("cloudfront", "CreateOriginAccessControl")
def create_origin_access_control(call: Call) -> dict[str, Any]:
    controls = call.sandbox.state(CloudFrontState).access_controls
    config = _control_config(call)
    if any(control["config"]["Name"] == config["Name"] for control in controls.values()):
        raise _already_exists()
    control_id = random_id()
    controls[control_id] = {"id": control_id, "config": config, "etag": random_id(), "made": time.monotonic()}
    location = f"{BASE_URL}/origin-access-control/{control_id}"
    return {**_described_control(controls[control_id]), "Location": location}


def _control_config(call: Call) -> dict[str, Any]:
    config = {"Description": "", **(call.parameters.get("OriginAccessControlConfig") or {})}
    allowed = {
        "SigningProtocol": {"sigv4"},
        "SigningBehavior": {"never", "always", "no-override"},
        "OriginAccessControlOriginType": {"s3", "mediastore", "mediapackagev2", "lambda"},
    }
    for name, values in allowed.items():
        if config.get(name) not in values:
            raise AwsError("InvalidArgument", f"The parameter {name} is none of {', '.join(sorted(values))}.")
    if not 1 <= len(config["Name"]) <= 64:
        raise AwsError("InvalidArgument", "The name of an origin access control has 1 to 64 characters.")
    return config


def _already_exists() -> AwsError:
    return AwsError(
        "OriginAccessControlAlreadyExists", "An origin access control with the specified parameters already exists."
    )


def _described_control(control: dict[str, Any]) -> dict[str, Any]:
    return {
        "OriginAccessControl": {"Id": control["id"], "OriginAccessControlConfig": control["config"]},
        "ETag": control["etag"],
    }


def _find_control(call: Call) -> dict[str, Any]:
    control = call.sandbox.state(CloudFrontState).access_controls.get(call.parameters["Id"])
    if control is None:
        raise AwsError("NoSuchOriginAccessControl", "The specified origin access control does not exist.")
    return control


@handles("cloudfront", "GetOriginAccessControl")
def get_origin_access_control(call: Call) -> dict[str, Any]:
    return _described_control(_find_control(call))


@handles("cloudfront", "GetOriginAccessControlConfig")
def get_origin_access_control_config(call: Call) -> dict[str, Any]:
    control = _find_control(call)
    return {"OriginAccessControlConfig": control["config"], "ETag": control["etag"]}


@handles("cloudfront", "UpdateOriginAccessControl")
def update_origin_access_control(call: Call) -> dict[str, Any]:
    control = _find_control(call)
    check_etag(call.parameters.get("IfMatch"), control["etag"])
    config = _control_config(call)
    others = call.sandbox.state(CloudFrontState).access_controls.values()
    if any(other is not control and other["config"]["Name"] == config["Name"] for other in others):
        raise _already_exists()
    control.update(config=config, etag=random_id())
    return _described_control(control)


@handles("cloudfront", "DeleteOriginAccessControl")
def delete_origin_access_control(call: Call) -> dict[str, Any]:
    control = _find_control(call)
    check_etag(call.parameters.get("IfMatch"), control["etag"])
    state = call.sandbox.state(CloudFrontState)
    for distribution in state.distributions.values():
        if any(origin["OriginAccessControlId"] == control["id"] for origin in distribution.config["Origins"]["Items"]):
            raise AwsError(
                "OriginAccessControlInUse",
                "Cannot delete the origin access control because it's in use by one or more distributions.",
            )
    del state.access_controls[control["id"]]
    return {}


@handles("cloudfront", "ListOriginAccessControls")
def list_origin_access_controls(call: Call) -> dict[str, Any]:
    controls = call.sandbox.state(CloudFrontState).access_controls.values()
    shown = [control for control in controls if is_listed(call.sandbox, control["made"])]
    items = [{"Id": control["id"], **control["config"]} for control in shown]
    return {"OriginAccessControlList": page(items, call.parameters, lambda item: item["Id"])}


@handles("cloudfront", "CreateInvalidation")
def create_invalidation(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["DistributionId"])
    batch = call.parameters.get("InvalidationBatch") or {}
    paths = batch["Paths"].get("Items") or []
    if batch["Paths"]["Quantity"] != len(paths):
        raise AwsError("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
    _check_paths(paths)
    for earlier in distribution.invalidations:
        if earlier.caller_reference == batch["CallerReference"]:
            if sorted(earlier.paths) == sorted(paths):
                return _described_invalidation(distribution.id, earlier)
            raise AwsError(
                "InvalidationBatchAlreadyExists",
                "The caller reference that you are using is associated with another invalidation batch.",
                400,
            )
    in_progress = [item for item in distribution.invalidations if item.status == "InProgress"]
    if sum("*" in path for item in in_progress for path in item.paths) + sum("*" in path for path in paths) > 15:
        raise AwsError("TooManyInvalidationsInProgress", "You have exceeded the maximum number of wildcard paths.")
    invalidation = Invalidation(random_id("I"), paths, batch["CallerReference"])
    distribution.invalidations.append(invalidation)
    return _described_invalidation(distribution.id, invalidation)


def _check_paths(paths: list[str]) -> None:
    if not paths:
        raise AwsError("InvalidArgument", "An invalidation needs at least one path.")
    if len(paths) > 3000:
        raise AwsError("BatchTooLarge", "An invalidation has at most 3,000 paths.")
    for path in paths:
        wildcard_inside = "*" in path[:-1]
        # RFC 1738 characters only, which "~" is none of: it is refused, and "%7E" is taken but invalidates nothing
        # (aws/aws-sdk-js-v3#4042). Everything else has to be percent-encoded, as in the URLs that it means.
        if wildcard_inside or not re.fullmatch(r"/(?:[A-Za-z0-9\-._!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*", path):
            raise AwsError("InvalidArgument", "Your request contains one or more invalid invalidation paths.")


def _described_invalidation(distribution_id: str, invalidation: Invalidation) -> dict[str, Any]:
    return {
        "Invalidation": {
            "Id": invalidation.id,
            "Status": invalidation.status,
            "CreateTime": invalidation.created,
            "InvalidationBatch": {
                "Paths": {"Quantity": len(invalidation.paths), "Items": invalidation.paths},
                "CallerReference": invalidation.caller_reference,
            },
        },
        "Location": f"{BASE_URL}/distribution/{distribution_id}/invalidation/{invalidation.id}",
    }


@handles("cloudfront", "GetInvalidation")
def get_invalidation(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["DistributionId"])
    for invalidation in distribution.invalidations:
        if invalidation.id == call.parameters["Id"]:
            return _described_invalidation(distribution.id, invalidation)
    raise AwsError("NoSuchInvalidation", "The specified invalidation does not exist.")


@handles("cloudfront", "ListInvalidations")
def list_invalidations(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["DistributionId"])
    items = [
        {"Id": item.id, "CreateTime": item.created, "Status": item.status}
        for item in reversed(distribution.invalidations)
    ]
    return {"InvalidationList": page(items, call.parameters, lambda item: item["Id"])}


@handles("cloudfront", "ListTagsForResource", "TagResource", "UntagResource")
def tags(call: Call) -> dict[str, Any]:
    arn = call.parameters["Resource"]
    tagged = next(
        (item.tags for item in call.sandbox.state(CloudFrontState).distributions.values() if item.arn == arn), None
    )
    if tagged is None:
        raise AwsError("NoSuchResource", "A resource that was specified is not valid.")
    if call.operation == "TagResource":
        items = call.parameters["Tags"].get("Items") or []
        if any(item["Key"].startswith("aws:") for item in items):
            raise AwsError("InvalidTagging", "Tag keys cannot start with aws:.")
        tagged.update({item["Key"]: item.get("Value", "") for item in items})
    if call.operation == "UntagResource":
        for key in call.parameters["TagKeys"].get("Items") or []:
            tagged.pop(key, None)
    return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tagged.items()]}}


@handles("cloudfront", "CreateMonitoringSubscription", "GetMonitoringSubscription", "DeleteMonitoringSubscription")
def monitoring_subscription(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["DistributionId"])
    if call.operation == "CreateMonitoringSubscription":
        if distribution.monitoring is not None:
            raise AwsError(
                "MonitoringSubscriptionAlreadyExists",
                "A monitoring subscription already exists for the specified distribution.",
            )
        distribution.monitoring = call.parameters["MonitoringSubscription"]
    if distribution.monitoring is None:
        raise AwsError(
            "NoSuchMonitoringSubscription", "A monitoring subscription does not exist for the specified distribution."
        )
    described = {"MonitoringSubscription": distribution.monitoring}
    if call.operation == "DeleteMonitoringSubscription":
        distribution.monitoring = None
        return {}
    return described
