"""The tagging API: moto knows nothing of the distributions that are kept here."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response

from awscall import Call
from cloudfront import CloudFrontState, is_listed
from gateway import handles


@handles("resourcegroupstaggingapi", "GetResources")
def get_resources(call: Call) -> object:
    """Moto's resources and the distributions, which the API shows in us-east-1 only."""
    filters = call.parameters.get("ResourceTypeFilters") or []
    others = [name for name in filters if not name.startswith("cloudfront")]
    found: list[dict[str, Any]] = []
    token = ""
    if others or not filters:
        body = {**json.loads(call.body or b"{}"), **({"ResourceTypeFilters": others} if filters else {})}
        call.body = json.dumps(body).encode()
        response: Response = call.forward()
        if response.status_code != 200:
            return response
        answer = json.loads(response.get_data())
        found, token = answer["ResourceTagMappingList"], answer.get("PaginationToken", "")
    wanted = not filters or any(name in ("cloudfront", "cloudfront:distribution") for name in filters)
    if wanted and call.region == "us-east-1" and not call.parameters.get("PaginationToken"):
        for distribution in call.sandbox.state(CloudFrontState).distributions.values():
            if not is_listed(call.sandbox, distribution.made):
                continue
            if distribution.tags and _matches(distribution.tags, call.parameters.get("TagFilters") or []):
                tags = [{"Key": key, "Value": value} for key, value in distribution.tags.items()]
                found.append({"ResourceARN": distribution.arn, "Tags": tags})
    return {"PaginationToken": token or "", "ResourceTagMappingList": found}


def _matches(tags: dict[str, str], filters: list[dict[str, Any]]) -> bool:
    return all(
        item["Key"] in tags and (not item.get("Values") or tags[item["Key"]] in item["Values"]) for item in filters
    )
