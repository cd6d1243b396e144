"""The policies that AWS manages, read-only: cache, origin request and response headers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from awscall import AwsError, Call
from gateway import handles

MODIFIED = datetime(2020, 7, 17)
MANAGED_CACHE_POLICIES = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": ("Managed-CachingOptimized", 86400, 31536000, 1, True),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": (
        "Managed-CachingOptimizedForUncompressedObjects",
        86400,
        31536000,
        1,
        False,
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": ("Managed-CachingDisabled", 0, 0, 0, False),
}
MANAGED_REQUEST_POLICIES = {
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": "Managed-CORS-S3Origin",
    "216adef6-5c7f-47e4-b989-5492eafa07d3": "Managed-AllViewer",
    "59781a5b-3903-41f3-afcb-af62929ccde1": "Managed-CORS-CustomOrigin",
    "acba4595-bd28-49b8-b9fe-13317c0390fa": "Managed-UserAgentRefererHeaders",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "Managed-AllViewerExceptHostHeader",
}
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
CORS_AND_SECURITY = "e61eb60c-9c35-4d20-a928-2b84e02af89c"
MANAGED_HEADERS_POLICIES = {
    SIMPLE_CORS: "Managed-SimpleCORS",
    SECURITY_HEADERS: "Managed-SecurityHeadersPolicy",
    CORS_AND_SECURITY: "Managed-CORS-and-SecurityHeadersPolicy",
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": "Managed-CORS-With-Preflight",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
}


@handles("cloudfront", "ListCachePolicies")
def list_cache_policies(call: Call) -> dict[str, Any]:
    ids = [] if call.parameters.get("Type") == "custom" else list(MANAGED_CACHE_POLICIES)
    items = [{"Type": "managed", "CachePolicy": _cache_policy(policy_id)} for policy_id in ids]
    return {"CachePolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items or None}}


@handles("cloudfront", "GetCachePolicy")
def get_cache_policy(call: Call) -> dict[str, Any]:
    policy_id = call.parameters["Id"]
    if policy_id not in MANAGED_CACHE_POLICIES:
        raise AwsError("NoSuchCachePolicy", "The cache policy does not exist.")
    return {"CachePolicy": _cache_policy(policy_id), "ETag": "E23ZP02F085DFQ"}


def _cache_policy(policy_id: str) -> dict[str, Any]:
    name, default_seconds, most_seconds, least_seconds, compressed = MANAGED_CACHE_POLICIES[policy_id]
    return {
        "Id": policy_id,
        "LastModifiedTime": MODIFIED,
        "CachePolicyConfig": {
            "Comment": "",
            "Name": name,
            "DefaultTTL": default_seconds,
            "MaxTTL": most_seconds,
            "MinTTL": least_seconds,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": compressed,
                "EnableAcceptEncodingBrotli": compressed,
                "HeadersConfig": {"HeaderBehavior": "none"},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        },
    }


@handles("cloudfront", "ListOriginRequestPolicies")
def list_origin_request_policies(call: Call) -> dict[str, Any]:
    empty = {
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    return {"OriginRequestPolicyList": _named(call, MANAGED_REQUEST_POLICIES, "OriginRequestPolicy", empty)}


@handles("cloudfront", "ListResponseHeadersPolicies")
def list_response_headers_policies(call: Call) -> dict[str, Any]:
    ids = [] if call.parameters.get("Type") == "custom" else list(MANAGED_HEADERS_POLICIES)
    items = [{"Type": "managed", "ResponseHeadersPolicy": _headers_policy(policy_id)} for policy_id in ids]
    return {"ResponseHeadersPolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items or None}}


@handles("cloudfront", "GetResponseHeadersPolicy")
def get_response_headers_policy(call: Call) -> dict[str, Any]:
    policy_id = call.parameters["Id"]
    if policy_id not in MANAGED_HEADERS_POLICIES:
        raise AwsError("NoSuchResponseHeadersPolicy", "The response headers policy does not exist.")
    return {"ResponseHeadersPolicy": _headers_policy(policy_id), "ETag": "E23ZP02F085DFQ"}


def _headers_policy(policy_id: str) -> dict[str, Any]:
    """Those without preflight in full, as the API shows them; of the others the name."""
    config: dict[str, Any] = {"Name": MANAGED_HEADERS_POLICIES[policy_id], "Comment": ""}
    if policy_id in (SECURITY_HEADERS, CORS_AND_SECURITY):
        config["SecurityHeadersConfig"] = {
            "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
            "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
            "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
            "ContentTypeOptions": {"Override": True},
            "StrictTransportSecurity": {
                **{"Override": False, "IncludeSubdomains": False, "Preload": False},
                "AccessControlMaxAgeSec": 31536000,
            },
        }
    if policy_id in (SIMPLE_CORS, CORS_AND_SECURITY):
        config["CorsConfig"] = {
            "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
            "AccessControlAllowHeaders": {"Quantity": 0},
            "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
            "AccessControlAllowCredentials": False,
            "OriginOverride": False,
        }
    return {"Id": policy_id, "LastModifiedTime": MODIFIED, "ResponseHeadersPolicyConfig": config}


def _named(call: Call, policies: dict[str, str], kind: str, config: dict[str, Any]) -> dict[str, Any]:
    items = [
        {
            "Type": "managed",
            kind: {"Id": policy_id, "LastModifiedTime": MODIFIED, f"{kind}Config": {"Name": name, **config}},
        }
        for policy_id, name in policies.items()
        if call.parameters.get("Type") != "custom"
    ]
    return {"MaxItems": 100, "Quantity": len(items), "Items": items or None}
