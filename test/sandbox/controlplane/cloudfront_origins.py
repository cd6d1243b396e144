"""What CloudFront refuses of a distribution's origins and origin groups."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from awscall import AwsError

MOST_ORIGINS = 100
MOST_GROUPS = 10
MOST_CUSTOM_HEADERS = 10
FAILOVER_CODES = {400, 403, 404, 416, 429, 500, 502, 503, 504}
HOST_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
# "Custom headers that CloudFront can't add to origin requests" in the developer guide.
FORBIDDEN_HEADERS = {
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
}


def check_origins(config: dict[str, Any], access_controls: dict[str, Any]) -> None:
    origins = config["Origins"]["Items"]
    groups = config["OriginGroups"].get("Items") or []
    if len(origins) > MOST_ORIGINS:
        raise AwsError("TooManyOrigins", "You cannot create more origins for the distribution.")
    if len(groups) > MOST_GROUPS:
        raise AwsError(
            "TooManyOriginGroupsPerDistribution", "Processing your request would cause you to exceed the maximum number"
            " of origin groups allowed.",
        )
    for origin in origins:
        _check_origin(origin, access_controls)
    ids = [origin["Id"] for origin in origins]
    if len(set(ids)) != len(ids):
        raise AwsError("InvalidOrigin", "Two origins have the same id.")
    for group in groups:
        members = [member["OriginId"] for member in group["Members"]["Items"]]
        if len(set(members)) != 2 or len(members) != 2:
            raise AwsError("InvalidArgument", "An origin group has two members, which are not the same.")
        if not set(members) <= set(ids):
            raise AwsError("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
        codes = group["FailoverCriteria"]["StatusCodes"]["Items"]
        if not codes or not set(codes) <= FAILOVER_CODES:
            raise AwsError("InvalidArgument", "The parameter StatusCodes of an origin group contains invalid values.")
    group_ids = [group["Id"] for group in groups]
    if len(set(group_ids)) != len(group_ids) or set(group_ids) & set(ids):
        raise AwsError("InvalidArgument", "Origin groups and origins have ids that differ.")


def _check_origin(origin: dict[str, Any], access_controls: dict[str, Any]) -> None:
    domain = origin["DomainName"]
    kinds = [name for name in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig") if name in origin]
    is_bucket = re.search(r"\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$", domain) is not None
    if len(kinds) != 1:
        raise AwsError("InvalidOrigin", "An origin has either an S3OriginConfig or a CustomOriginConfig.")
    if kinds == ["S3OriginConfig"] and not is_bucket:
        raise AwsError("InvalidArgument", "The parameter Origin DomainName does not refer to a valid S3 bucket.")
    if _is_ip_address(domain) or not HOST_NAME.fullmatch(domain):
        raise AwsError("InvalidArgument", "The parameter origin name must be a domain name.")
    path = origin["OriginPath"]
    if path and (not path.startswith("/") or path.endswith("/")):
        raise AwsError("InvalidArgument", "The parameter Origin Path must start with a slash and not end with one.")
    control = origin["OriginAccessControlId"]
    if control and control not in access_controls:
        raise AwsError("InvalidOriginAccessControl", f"The origin access control {control} does not exist.")
    if control and not is_bucket and access_controls[control]["config"]["OriginAccessControlOriginType"] == "s3":
        raise AwsError(
            "InvalidDomainNameForOriginAccessControl",
            "An origin access control is associated with an origin whose domain name is not supported.",
        )
    if control and origin.get("S3OriginConfig", {}).get("OriginAccessIdentity"):
        raise AwsError("IllegalOriginAccessConfiguration", "An origin has an access control or an identity, not both.")
    if not 1 <= origin["ConnectionAttempts"] <= 3 or not 1 <= origin["ConnectionTimeout"] <= 10:
        raise AwsError("InvalidArgument", "ConnectionAttempts is 1 to 3 and ConnectionTimeout 1 to 10 seconds.")
    _check_headers(origin["CustomHeaders"].get("Items") or [])
    if "CustomOriginConfig" in origin:
        _check_custom(origin["CustomOriginConfig"])


def _check_headers(headers: list[dict[str, str]]) -> None:
    if len(headers) > MOST_CUSTOM_HEADERS:
        raise AwsError("TooManyOriginCustomHeaders", "Your request contains too many origin custom headers.")
    names = [header["HeaderName"].lower() for header in headers]
    if len(set(names)) != len(names):
        raise AwsError("InvalidArgument", "Two custom headers of an origin have the same name.")
    for header in headers:
        name, value = header["HeaderName"].lower(), header["HeaderValue"]
        if name in FORBIDDEN_HEADERS or re.match(r"x-(amz|edge)-", name):
            raise AwsError("InvalidArgument", f"The parameter HeaderName {name} is not allowed.")
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", name):
            raise AwsError("InvalidArgument", f"The parameter HeaderName {name} contains invalid characters.")
        if not re.fullmatch(r"[\x20-\x7e]{0,1783}", value):
            raise AwsError("InvalidArgument", "The parameter HeaderValue contains invalid characters or is too long.")


def _check_custom(given: dict[str, Any]) -> None:
    if not 1 <= given["OriginReadTimeout"] <= 120:
        raise AwsError("InvalidOriginReadTimeout", "The read timeout specified for the origin is not valid.")
    if not 1 <= given["OriginKeepaliveTimeout"] <= 120:
        raise AwsError("InvalidOriginKeepaliveTimeout", "The keep alive timeout specified for the origin is not valid.")
    for name in ("HTTPPort", "HTTPSPort"):
        # "CloudFront supports ports 80, 443, and the range 1024-65535" (CustomOriginConfig in the API reference).
        if given[name] not in (80, 443) and not 1024 <= given[name] <= 65535:
            raise AwsError("InvalidArgument", f"The parameter {name} is not a port that CloudFront uses.")


def _is_ip_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True
