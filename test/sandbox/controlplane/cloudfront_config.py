"""A distribution's configuration: the defaults that CloudFront fills in, and what it refuses."""

from __future__ import annotations

import copy
import ipaddress
import re
from typing import Any

from moto.core.utils import get_service_model

from awscall import AwsError
from cloudfront_policies import MANAGED_CACHE_POLICIES, MANAGED_HEADERS_POLICIES, MANAGED_REQUEST_POLICIES
from countries import COUNTRY_CODES

EMPTY: dict[str, Any] = {"Quantity": 0}
# An update replaces everything, so these, optional in a create call, have to be there (CloudFront's API reference).
REQUIRED_IN_UPDATE = (
    "Aliases",
    "CacheBehaviors",
    "CustomErrorResponses",
    "DefaultRootObject",
    "HttpVersion",
    "Logging",
    "PriceClass",
    "Restrictions",
    "ViewerCertificate",
    "WebACLId",
)
READ_METHODS = {"GET", "HEAD", "OPTIONS"}


def complete_config(given: dict[str, Any]) -> dict[str, Any]:
    """The configuration as a GET answers it."""
    config = _with_defaults(
        {
            "Aliases": EMPTY,
            "DefaultRootObject": "",
            "OriginGroups": EMPTY,
            "CacheBehaviors": EMPTY,
            "CustomErrorResponses": EMPTY,
            "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
            "PriceClass": "PriceClass_All",
            "ViewerCertificate": {
                "CloudFrontDefaultCertificate": True,
                "SSLSupportMethod": "vip",
                "MinimumProtocolVersion": "TLSv1",
                "CertificateSource": "cloudfront",
            },
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
            "WebACLId": "",
            "HttpVersion": "http2",
            "IsIPV6Enabled": False,
            "ContinuousDeploymentPolicyId": "",
            "Staging": False,
        },
        given,
    )
    config["Origins"] = {**config["Origins"], "Items": [_origin(item) for item in config["Origins"]["Items"]]}
    config["DefaultCacheBehavior"] = _behavior(config["DefaultCacheBehavior"])
    if config["CacheBehaviors"].get("Items"):
        config["CacheBehaviors"]["Items"] = [_behavior(item) for item in config["CacheBehaviors"]["Items"]]
    return config


def _with_defaults(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(defaults), **copy.deepcopy({k: v for k, v in given.items() if v is not None})}


def _origin(given: dict[str, Any]) -> dict[str, Any]:
    origin = _with_defaults(
        {
            "OriginPath": "",
            "CustomHeaders": EMPTY,
            "ConnectionAttempts": 3,
            "ConnectionTimeout": 10,
            "OriginShield": {"Enabled": False},
            "OriginAccessControlId": "",
        },
        given,
    )
    if "CustomOriginConfig" in origin:
        defaults = {
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
        }
        origin["CustomOriginConfig"] = _with_defaults(defaults, origin["CustomOriginConfig"])
    return origin


def _behavior(given: dict[str, Any]) -> dict[str, Any]:
    read_only = {"Quantity": 2, "Items": ["HEAD", "GET"]}
    behavior = _with_defaults(
        {
            "TrustedSigners": {"Enabled": False, "Quantity": 0},
            "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "AllowedMethods": {**read_only, "CachedMethods": read_only},
            "SmoothStreaming": False,
            "Compress": False,
            "LambdaFunctionAssociations": EMPTY,
            "FunctionAssociations": EMPTY,
            "FieldLevelEncryptionId": "",
            "GrpcConfig": {"Enabled": False},
        },
        given,
    )
    behavior["AllowedMethods"].setdefault("CachedMethods", copy.deepcopy(read_only))
    return behavior


def require_full_config(given: dict[str, Any]) -> None:
    """Refuses an update that leaves out what only a create call may leave out."""
    missing = [name for name in REQUIRED_IN_UPDATE if given.get(name) is None]
    if missing:
        raise AwsError("IllegalUpdate", f"The update lacks {', '.join(missing)}: it replaces the whole configuration.")


def validate_config(config: dict[str, Any], access_controls: set[str], functions: dict[str, Any]) -> None:
    """Raises what CloudFront answers to a configuration that it does not take."""
    _check_enums_and_quantities(get_service_model("cloudfront").shape_for("DistributionConfig"), config)
    if len(config["Comment"]) > 128:
        raise AwsError("InvalidArgument", "The parameter Comment is too long.")
    if config["DefaultRootObject"].startswith("/"):
        raise AwsError("InvalidDefaultRootObject", "The parameter DefaultRootObject cannot start with a slash.")
    for origin in config["Origins"]["Items"]:
        _check_origin(origin, access_controls)
    _check_targets(config, functions)
    if config["Aliases"].get("Items") and not config["ViewerCertificate"].get("ACMCertificateArn"):
        raise AwsError(
            "InvalidViewerCertificate",
            "To add an alternate domain name (CNAME), attach a certificate that covers the name.",
        )
    geo = config["Restrictions"]["GeoRestriction"]
    if (geo["RestrictionType"] == "none") == bool(geo.get("Items")):
        raise AwsError("InvalidGeoRestrictionParameter", "The specified geo restriction parameter is not valid.")
    for code in geo.get("Items") or []:
        if code not in COUNTRY_CODES:
            raise AwsError("InvalidLocationCode", f"The location code {code} specified is not valid.")


def _check_origin(origin: dict[str, Any], access_controls: set[str]) -> None:
    domain = origin["DomainName"]
    kinds = [name for name in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig") if name in origin]
    if len(kinds) != 1:
        raise AwsError("InvalidOrigin", "An origin has either an S3OriginConfig or a CustomOriginConfig.")
    if kinds == ["S3OriginConfig"] and not re.search(r"\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$", domain):
        raise AwsError("InvalidArgument", "The parameter Origin DomainName does not refer to a valid S3 bucket.")
    if _is_ip_address(domain) or "/" in domain or "." not in domain:
        raise AwsError("InvalidArgument", "The parameter origin name must be a domain name.")
    path = origin["OriginPath"]
    if path and (not path.startswith("/") or path.endswith("/")):
        raise AwsError("InvalidArgument", "The parameter Origin Path must start with a slash and not end with one.")
    control = origin["OriginAccessControlId"]
    if control and control not in access_controls:
        raise AwsError("InvalidOriginAccessControl", f"The origin access control {control} does not exist.")
    if control and origin.get("S3OriginConfig", {}).get("OriginAccessIdentity"):
        raise AwsError("IllegalOriginAccessConfiguration", "An origin has an access control or an identity, not both.")
    if not 1 <= origin["ConnectionAttempts"] <= 3 or not 1 <= origin["ConnectionTimeout"] <= 10:
        raise AwsError("InvalidArgument", "ConnectionAttempts is 1 to 3 and ConnectionTimeout 1 to 10 seconds.")


def _is_ip_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True


def _check_targets(config: dict[str, Any], functions: dict[str, Any]) -> None:
    origins = {origin["Id"] for origin in config["Origins"]["Items"]}
    groups = config["OriginGroups"].get("Items") or []
    if len(origins) != len(config["Origins"]["Items"]):
        raise AwsError("InvalidOrigin", "Two origins have the same id.")
    for group in groups:
        members = [member["OriginId"] for member in group["Members"]["Items"]]
        if len(members) != 2 or not set(members) <= origins:
            raise AwsError("InvalidArgument", "An origin group has two members, both of them origins.")
    group_ids = {group["Id"] for group in groups}
    for behavior in [config["DefaultCacheBehavior"], *(config["CacheBehaviors"].get("Items") or [])]:
        if behavior["TargetOriginId"] not in origins | group_ids:
            raise AwsError("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
        methods = set(behavior["AllowedMethods"]["Items"])
        if behavior["TargetOriginId"] in group_ids and not methods <= READ_METHODS:
            raise AwsError("InvalidArgument", "An origin group serves GET, HEAD and OPTIONS only.")
        _check_policies(behavior)
        for association in behavior["FunctionAssociations"].get("Items") or []:
            name = association["FunctionARN"].rpartition("/")[2]
            if functions.get(name, {}).get("live") is None:
                raise AwsError("InvalidFunctionAssociation", f"The function {name} does not exist or is not published.")


def _check_policies(behavior: dict[str, Any]) -> None:
    policy = behavior.get("CachePolicyId")
    if policy and "ForwardedValues" in behavior:
        raise AwsError("InvalidArgument", "The parameter ForwardedValues cannot be used with a cache policy.")
    if not policy and "ForwardedValues" not in behavior:
        raise AwsError("InvalidArgument", "The parameter ForwardedValues is required.")
    for name, known, code in (
        ("CachePolicyId", MANAGED_CACHE_POLICIES, "NoSuchCachePolicy"),
        ("OriginRequestPolicyId", MANAGED_REQUEST_POLICIES, "NoSuchOriginRequestPolicy"),
        ("ResponseHeadersPolicyId", MANAGED_HEADERS_POLICIES, "NoSuchResponseHeadersPolicy"),
    ):
        if behavior.get(name) and behavior[name] not in known:
            raise AwsError(code, f"The policy {behavior[name]} does not exist.")


def _check_enums_and_quantities(shape: Any, value: Any) -> None:
    if shape.type_name == "structure":
        if "Quantity" in shape.members and value.get("Quantity") != len(value.get("Items") or []):
            raise AwsError("InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _check_enums_and_quantities(member, value[name])
    elif shape.type_name == "list":
        for item in value:
            _check_enums_and_quantities(shape.member, item)
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        raise AwsError("MalformedInput", f"'{value}' is none of {', '.join(shape.enum)}.", 400)
