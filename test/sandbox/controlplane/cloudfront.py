"""CloudFront distributions: strict ETags, a deployment that takes time, and the whole configuration kept."""

from __future__ import annotations

import copy
import random
import string
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from awscall import ACCOUNT_ID, AwsError, Call
from cloudfront_config import complete_config, require_full_config, validate_config
from gateway import handles
from state import Sandbox

BASE_URL = "https://cloudfront.amazonaws.com/2020-05-31"


def random_id(first: str = "E", length: int = 13) -> str:
    return first + "".join(random.choices(string.ascii_uppercase + string.digits, k=length - len(first)))


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


@dataclass
class Invalidation:
    id: str
    paths: list[str]
    caller_reference: str
    status: str = "InProgress"
    began: float = field(default_factory=time.monotonic)
    created_seconds: float = field(default_factory=time.time)
    created: datetime = field(default_factory=utc_now)


@dataclass
class Distribution:
    """`deployed` is what the edge serves; it follows `config` when the deployment is through."""

    id: str
    domain_name: str
    config: dict[str, Any]
    account: str = ACCOUNT_ID
    made: float = field(default_factory=time.monotonic)
    changed: float = field(default_factory=time.monotonic)
    etag: str = field(default_factory=random_id)
    deployed: dict[str, Any] | None = None
    # What it was until the last change.
    former: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    modified: datetime = field(default_factory=utc_now)
    invalidations: list[Invalidation] = field(default_factory=list)
    monitoring: dict[str, Any] | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:distribution/{self.id}"

    @property
    def status(self) -> str:
        return "InProgress" if self.deployed is not self.config else "Deployed"

    def change(self, config: dict[str, Any]) -> None:
        self.former = self.config
        self.config = config
        self.changed = time.monotonic()
        self.etag = random_id()
        self.modified = utc_now()


@dataclass
class CloudFrontState:
    distributions: dict[str, Distribution] = field(default_factory=dict)
    access_controls: dict[str, dict[str, Any]] = field(default_factory=dict)
    functions: dict[str, dict[str, Any]] = field(default_factory=dict)
    # A caller reference is spent for good, also after its distribution was deleted.
    caller_references: dict[str, str] = field(default_factory=dict)


def find_distribution(call: Call, distribution_id: str) -> Distribution:
    found = call.sandbox.state(CloudFrontState).distributions.get(distribution_id)
    if found is None:
        raise AwsError("NoSuchDistribution", "The specified distribution does not exist.")
    return found


def check_etag(given: str | None, etag: str) -> None:
    if not given:
        raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if given != etag:
        raise AwsError(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        )


def page(items: list[Any], parameters: dict[str, Any], key: Any) -> dict[str, Any]:
    """The list envelope that every CloudFront list answer has."""
    size = int(parameters.get("MaxItems") or 100)
    marker = parameters.get("Marker") or ""
    names = [key(item) for item in items]
    start = names.index(marker) + 1 if marker in names else 0
    shown, rest = items[start : start + size], items[start + size :]
    return {
        "Marker": marker,
        "MaxItems": size,
        "IsTruncated": bool(rest),
        "NextMarker": key(shown[-1]) if rest else None,
        "Quantity": len(shown),
        "Items": shown or None,
    }


def is_listed(sandbox: Sandbox, made: float) -> bool:
    """Whether lists show by now what was made at a moment."""
    return time.monotonic() >= made + sandbox.settings.cloudfront_list_lag_seconds


def shown_in_lists(sandbox: Sandbox, distribution: Distribution) -> tuple[dict[str, Any], str]:
    """The configuration and the status that lists show, which may be those from before the last change."""
    is_late = time.monotonic() < distribution.changed + sandbox.settings.cloudfront_change_lag_seconds
    if is_late and distribution.former is not None:
        return distribution.former, "Deployed"
    return distribution.config, distribution.status


def settle(sandbox: Sandbox) -> None:
    """Puts the configurations into force whose deployment is through, and ends invalidations."""
    now, settings = time.monotonic(), sandbox.settings
    for distribution in sandbox.state(CloudFrontState).distributions.values():
        if now >= distribution.changed + settings.deploy_seconds:
            distribution.deployed = distribution.config
        for invalidation in distribution.invalidations:
            if now >= invalidation.began + settings.invalidation_seconds:
                invalidation.status = "Completed"


@handles("cloudfront", "CreateDistribution")
def create_distribution(call: Call) -> dict[str, Any]:
    return _create(call, call.parameters.get("DistributionConfig") or {}, {})


@handles("cloudfront", "CreateDistributionWithTags")
def create_distribution_with_tags(call: Call) -> dict[str, Any]:
    given = call.parameters.get("DistributionConfigWithTags") or {}
    tags = {tag["Key"]: tag.get("Value", "") for tag in (given.get("Tags") or {}).get("Items") or []}
    return _create(call, given.get("DistributionConfig") or {}, tags)


def _create(call: Call, given: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    if call.sandbox.settings.unverified_account:
        raise AwsError(
            "AccessDenied",
            "Your account must be verified before you can add new CloudFront resources. To verify your account, please"
            " contact AWS Support (https://console.aws.amazon.com/support/home#/) and include this error message.",
            403,
        )
    state = call.sandbox.state(CloudFrontState)
    config = complete_config(given)
    existing = state.caller_references.get(config["CallerReference"])
    if existing:
        raise AwsError(
            "DistributionAlreadyExists",
            "The caller reference that you are using to create a distribution is associated with another distribution."
            f" Already exists: {existing}",
        )
    validate_config(config, call.sandbox.account, state.access_controls, state.functions)
    label = random_id("d", 14).lower()
    distribution = Distribution(random_id(), f"{label}.cloudfront.net", config, call.sandbox.account, tags=tags)
    state.distributions[distribution.id] = distribution
    state.caller_references[config["CallerReference"]] = distribution.id
    location = f"{BASE_URL}/distribution/{distribution.id}"
    return {**_described(distribution), "Location": location}


def _described(distribution: Distribution) -> dict[str, Any]:
    in_progress = sum(invalidation.status == "InProgress" for invalidation in distribution.invalidations)
    return {
        "Distribution": {
            "Id": distribution.id,
            "ARN": distribution.arn,
            "Status": distribution.status,
            "LastModifiedTime": distribution.modified,
            "InProgressInvalidationBatches": in_progress,
            "DomainName": distribution.domain_name,
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "DistributionConfig": distribution.config,
            "AliasICPRecordals": [],
        },
        "ETag": distribution.etag,
    }


@handles("cloudfront", "GetDistribution")
def get_distribution(call: Call) -> dict[str, Any]:
    return _described(find_distribution(call, call.parameters["Id"]))


@handles("cloudfront", "GetDistributionConfig")
def get_distribution_config(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["Id"])
    return {"DistributionConfig": distribution.config, "ETag": distribution.etag}


@handles("cloudfront", "UpdateDistribution")
def update_distribution(call: Call) -> dict[str, Any]:
    state = call.sandbox.state(CloudFrontState)
    distribution = find_distribution(call, call.parameters["Id"])
    check_etag(call.parameters.get("IfMatch"), distribution.etag)
    given = call.parameters.get("DistributionConfig") or {}
    require_full_config(given)
    config = complete_config(given)
    if config["CallerReference"] != distribution.config["CallerReference"]:
        raise AwsError("IllegalUpdate", "The caller reference of a distribution cannot be changed.")
    validate_config(config, call.sandbox.account, state.access_controls, state.functions)
    distribution.change(config)
    return _described(distribution)


@handles("cloudfront", "DeleteDistribution")
def delete_distribution(call: Call) -> dict[str, Any]:
    distribution = find_distribution(call, call.parameters["Id"])
    check_etag(call.parameters.get("IfMatch"), distribution.etag)
    if distribution.config["Enabled"] or distribution.status != "Deployed":
        raise AwsError("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.")
    del call.sandbox.state(CloudFrontState).distributions[distribution.id]
    return {}


@handles("cloudfront", "ListDistributions")
def list_distributions(call: Call) -> dict[str, Any]:
    distributions = call.sandbox.state(CloudFrontState).distributions.values()
    items = [
        {
            **copy.deepcopy(config),
            "Id": distribution.id,
            "ARN": distribution.arn,
            "ETag": distribution.etag,
            "Status": status,
            "LastModifiedTime": distribution.modified,
            "DomainName": distribution.domain_name,
            "AliasICPRecordals": [],
        }
        for distribution in distributions
        if is_listed(call.sandbox, distribution.made)
        for config, status in [shown_in_lists(call.sandbox, distribution)]
    ]
    return {"DistributionList": page(items, call.parameters, lambda item: item["Id"])}
