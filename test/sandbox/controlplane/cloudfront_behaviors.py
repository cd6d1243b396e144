"""What CloudFront refuses of a distribution's cache behaviors, their functions, and its custom error responses."""

from __future__ import annotations

import re
from typing import Any

from awscall import AwsError
from cloudfront_policies import MANAGED_CACHE_POLICIES, MANAGED_HEADERS_POLICIES, MANAGED_REQUEST_POLICIES

# "Quotas" in the developer guide; the default behavior is one of them.
MOST_BEHAVIORS = 75
READ_METHODS = {"GET", "HEAD", "OPTIONS"}
# "Path pattern" in the developer guide.
PATH_PATTERN = re.compile(r"""[A-Za-z0-9_\-.*$/~"'@:+&?]{1,255}""")
ERROR_CODES = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
FUNCTION_EVENTS = {"viewer-request", "viewer-response"}


def check_behaviors(config: dict[str, Any], account: str, functions: dict[str, Any]) -> None:
    others = config["CacheBehaviors"].get("Items") or []
    if len(others) + 1 > MOST_BEHAVIORS:
        raise AwsError("TooManyCacheBehaviors", "You cannot create more cache behaviors for the distribution.")
    patterns = [behavior["PathPattern"] for behavior in others]
    if not all(PATH_PATTERN.fullmatch(pattern) for pattern in patterns):
        raise AwsError("InvalidArgument", "The parameter PathPattern contains invalid characters or is too long.")
    if len({pattern.removeprefix("/") for pattern in patterns}) != len(patterns):
        raise AwsError("InvalidArgument", "The parameter PathPattern is the same in two cache behaviors.")
    group_ids = {group["Id"] for group in config["OriginGroups"].get("Items") or []}
    targets = {origin["Id"] for origin in config["Origins"]["Items"]} | group_ids
    for behavior in [config["DefaultCacheBehavior"], *others]:
        if behavior["TargetOriginId"] not in targets:
            raise AwsError("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
        methods = set(behavior["AllowedMethods"]["Items"])
        if behavior["TargetOriginId"] in group_ids and not methods <= READ_METHODS:
            raise AwsError("InvalidArgument", "An origin group serves GET, HEAD and OPTIONS only.")
        _check_policies(behavior)
        _check_functions(behavior, account, functions)


def _check_functions(behavior: dict[str, Any], account: str, functions: dict[str, Any]) -> None:
    associations = behavior["FunctionAssociations"].get("Items") or []
    events = [association["EventType"] for association in associations]
    if not set(events) <= FUNCTION_EVENTS or len(set(events)) != len(events):
        raise AwsError("InvalidFunctionAssociation", "A behavior has one function for each event of viewers.")
    lambdas = behavior["LambdaFunctionAssociations"].get("Items") or []
    if events and any(association["EventType"] in FUNCTION_EVENTS for association in lambdas):
        raise AwsError("InvalidFunctionAssociation", "CloudFront Functions and Lambda@Edge cannot share viewer events.")
    for association in associations:
        arn = association["FunctionARN"]
        # "The function and distribution must be owned by the same AWS account."
        match = re.fullmatch(rf"arn:aws:cloudfront::{account}:function/([a-zA-Z0-9_-]{{1,64}})", arn)
        if match is None or functions.get(match[1], {}).get("live") is None:
            raise AwsError("InvalidFunctionAssociation", f"The function {arn} does not exist or is not published.")


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


def check_error_responses(config: dict[str, Any]) -> None:
    items = config["CustomErrorResponses"].get("Items") or []
    codes = [item["ErrorCode"] for item in items]
    if not set(codes) <= ERROR_CODES or len(set(codes)) != len(codes):
        raise AwsError("InvalidErrorCode", "An invalid error code was specified.")
    for item in items:
        path, code = item["ResponsePagePath"], item["ResponseCode"]
        if bool(path) != bool(code):
            raise AwsError(
                "InvalidArgument",
                "Your request must specify both ResponsePagePath and ResponseCode together or none of them.",
            )
        if code and code not in {"200", *(str(known) for known in ERROR_CODES)}:
            raise AwsError("InvalidResponseCode", "A response code is not valid.")
        if path and not re.fullmatch(r"/[!-~]*", path):
            raise AwsError("InvalidArgument", "The parameter ResponsePagePath must start with a slash.")
        if item["ErrorCachingMinTTL"] < 0:
            raise AwsError("InvalidArgument", "The parameter ErrorCachingMinTTL must not be negative.")
