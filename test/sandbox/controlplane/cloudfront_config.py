"""A distribution's configuration: the defaults that CloudFront fills in, and what it refuses."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import get_service_model

from awscall import AwsError
from cloudfront_behaviors import check_behaviors, check_error_responses
from cloudfront_origins import check_origins
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
    if config["CustomErrorResponses"].get("Items"):
        defaults = {"ResponsePagePath": "", "ResponseCode": "", "ErrorCachingMinTTL": 10}
        items = [_with_defaults(defaults, item) for item in config["CustomErrorResponses"]["Items"]]
        config["CustomErrorResponses"]["Items"] = items
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


def validate_config(
    config: dict[str, Any], account: str, access_controls: dict[str, Any], functions: dict[str, Any]
) -> None:
    """Raises what CloudFront answers to a configuration that it does not take."""
    _check_enums_and_quantities(get_service_model("cloudfront").shape_for("DistributionConfig"), config)
    if len(config["Comment"]) > 128:
        raise AwsError("InvalidArgument", "The parameter Comment is too long.")
    if config["DefaultRootObject"].startswith("/"):
        raise AwsError("InvalidDefaultRootObject", "The parameter DefaultRootObject cannot start with a slash.")
    check_origins(config, access_controls)
    check_behaviors(config, account, functions)
    check_error_responses(config)
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
