"""Distributions as the edge has to serve them: the configuration that is deployed now, in plain words."""

from __future__ import annotations

from typing import Any

from cloudfront import CloudFrontState
from state import Sandbox


def report(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What /sandbox/distributions shows to the edge."""
    return [
        {
            "id": distribution.id,
            "arn": distribution.arn,
            "domainName": distribution.domain_name,
            "status": distribution.status,
            "etag": distribution.etag,
            "config": _edge_config(distribution.deployed) if distribution.deployed else None,
            "invalidations": [
                {
                    "id": invalidation.id,
                    "createdSeconds": invalidation.created_seconds,
                    "paths": invalidation.paths,
                    "status": invalidation.status,
                }
                for invalidation in distribution.invalidations
            ],
        }
        for distribution in sandbox.state(CloudFrontState).distributions.values()
    ]


def _edge_config(config: dict[str, Any]) -> dict[str, Any]:
    geo = config["Restrictions"]["GeoRestriction"]
    groups = [
        {
            "id": group["Id"],
            "members": [member["OriginId"] for member in group["Members"]["Items"]],
            "statusCodes": group["FailoverCriteria"]["StatusCodes"]["Items"],
        }
        for group in config["OriginGroups"].get("Items") or []
    ]
    target = config["DefaultCacheBehavior"]["TargetOriginId"]
    primary = next((group["members"][0] for group in groups if group["id"] == target), target)
    origin = next(item for item in config["Origins"]["Items"] if item["Id"] == primary)
    return {
        "enabled": config["Enabled"],
        "defaultRootObject": config["DefaultRootObject"],
        "originPath": origin["OriginPath"],
        "originDomain": origin["DomainName"],
        "origins": [
            {
                "id": item["Id"],
                "domainName": item["DomainName"],
                "originPath": item["OriginPath"],
                "originAccessControlId": item["OriginAccessControlId"] or None,
                "customHeaders": {
                    header["HeaderName"]: header["HeaderValue"] for header in item["CustomHeaders"].get("Items") or []
                },
                "connectionAttempts": item["ConnectionAttempts"],
                "connectionTimeoutSeconds": item["ConnectionTimeout"],
                "custom": _custom(item.get("CustomOriginConfig")),
            }
            for item in config["Origins"]["Items"]
        ],
        "originGroups": groups,
        **_edge_behavior(config["DefaultCacheBehavior"]),
        "geoRestriction": {"type": geo["RestrictionType"], "locations": geo.get("Items") or []},
        "cacheBehaviors": [
            {"pathPattern": behavior["PathPattern"], **_edge_behavior(behavior)}
            for behavior in config["CacheBehaviors"].get("Items") or []
        ],
        "customErrorResponses": [
            {
                "errorCode": item["ErrorCode"],
                "responsePagePath": item["ResponsePagePath"] or None,
                "responseCode": int(item["ResponseCode"]) if item["ResponseCode"] else None,
                "minTtlSeconds": item["ErrorCachingMinTTL"],
            }
            for item in config["CustomErrorResponses"].get("Items") or []
        ],
    }


def _custom(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {
        "protocolPolicy": given["OriginProtocolPolicy"],
        "httpPort": given["HTTPPort"],
        "readTimeoutSeconds": given["OriginReadTimeout"],
    }


def _edge_behavior(behavior: dict[str, Any]) -> dict[str, Any]:
    return {
        "targetOriginId": behavior["TargetOriginId"],
        "viewerProtocolPolicy": behavior["ViewerProtocolPolicy"],
        "compress": behavior["Compress"],
        "responseHeadersPolicyId": behavior.get("ResponseHeadersPolicyId"),
        "allowedMethods": behavior["AllowedMethods"]["Items"],
        "functions": {
            item["EventType"]: item["FunctionARN"] for item in behavior["FunctionAssociations"].get("Items") or []
        },
    }
