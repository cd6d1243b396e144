"""CloudFront functions: kept, updated under their ETag and published; the edge runs what is published."""

from __future__ import annotations

import base64
from typing import Any

from werkzeug.wrappers import Response

from awscall import ACCOUNT_ID, AwsError, Call
from cloudfront import BASE_URL, CloudFrontState, check_etag, page, random_id, utc_now
from gateway import handles
from state import Sandbox

LARGEST_BYTES = 10 * 1024


def _find(call: Call) -> dict[str, Any]:
    found = call.sandbox.state(CloudFrontState).functions.get(call.parameters["Name"])
    if found is None:
        raise AwsError("NoSuchFunctionExists", "The function does not exist.")
    return found


def _summary(function: dict[str, Any], stage: str = "DEVELOPMENT") -> dict[str, Any]:
    version = function["live"] if stage == "LIVE" else function
    if version is None:
        raise AwsError("NoSuchFunctionExists", "The function was not published.")
    return {
        "FunctionSummary": {
            "Name": function["name"],
            "Status": "UNASSOCIATED"
            if function["live"] is None
            else "UNPUBLISHED"
            if _is_changed(function)
            else "DEPLOYED",
            "FunctionConfig": version["config"],
            "FunctionMetadata": {
                "FunctionARN": f"arn:aws:cloudfront::{ACCOUNT_ID}:function/{function['name']}",
                "Stage": stage,
                "CreatedTime": function["created"],
                "LastModifiedTime": version["modified"],
            },
        }
    }


def _is_changed(function: dict[str, Any]) -> bool:
    return function["live"]["code"] != function["code"]


def _version(call: Call) -> dict[str, Any]:
    code = call.parameters["FunctionCode"]
    code = code if isinstance(code, bytes) else base64.b64decode(code)
    if len(code) > LARGEST_BYTES:
        raise AwsError("FunctionSizeLimitExceeded", "The function is too large.")
    return {"config": call.parameters["FunctionConfig"], "code": code, "modified": utc_now(), "etag": random_id("E")}


@handles("cloudfront", "CreateFunction")
def create_function(call: Call) -> dict[str, Any]:
    functions = call.sandbox.state(CloudFrontState).functions
    name = call.parameters["Name"]
    if name in functions:
        raise AwsError("FunctionAlreadyExists", "A function with the same name already exists in this account.")
    functions[name] = {"name": name, "created": utc_now(), "live": None, **_version(call)}
    return {**_summary(functions[name]), "Location": f"{BASE_URL}/function/{name}", "ETag": functions[name]["etag"]}


@handles("cloudfront", "UpdateFunction")
def update_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    function.update(_version(call))
    return {**_summary(function), "ETag": function["etag"]}


@handles("cloudfront", "PublishFunction")
def publish_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    function["live"] = {key: function[key] for key in ("config", "code", "modified")}
    return _summary(function, "LIVE")


@handles("cloudfront", "DescribeFunction")
def describe_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    return {**_summary(function, call.parameters.get("Stage", "DEVELOPMENT")), "ETag": function["etag"]}


@handles("cloudfront", "GetFunction")
def get_function(call: Call) -> Response:
    function = _find(call)
    version = function["live"] if call.parameters.get("Stage") == "LIVE" else function
    if version is None:
        raise AwsError("NoSuchFunctionExists", "The function was not published.")
    return Response(version["code"], headers={"ETag": function["etag"]}, content_type="application/octet-stream")


@handles("cloudfront", "DeleteFunction")
def delete_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    state = call.sandbox.state(CloudFrontState)
    arn = f"arn:aws:cloudfront::{ACCOUNT_ID}:function/{function['name']}"
    for distribution in state.distributions.values():
        behaviors = [distribution.config["DefaultCacheBehavior"]]
        behaviors += distribution.config["CacheBehaviors"].get("Items") or []
        for behavior in behaviors:
            if any(item["FunctionARN"] == arn for item in behavior["FunctionAssociations"].get("Items") or []):
                raise AwsError("FunctionInUse", "The function is associated with a distribution.")
    del state.functions[function["name"]]
    return {}


@handles("cloudfront", "ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    stage = call.parameters.get("Stage", "DEVELOPMENT")
    functions = call.sandbox.state(CloudFrontState).functions.values()
    shown = [_summary(item, stage)["FunctionSummary"] for item in functions if stage != "LIVE" or item["live"]]
    listed = page(shown, call.parameters, lambda item: item["Name"])
    return {"FunctionList": {key: listed[key] for key in ("NextMarker", "MaxItems", "Quantity", "Items")}}


def report(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What /sandbox/functions shows to the edge: the published code."""
    return [
        {
            "name": function["name"],
            "arn": f"arn:aws:cloudfront::{ACCOUNT_ID}:function/{function['name']}",
            "code": function["live"]["code"].decode(),
        }
        for function in sandbox.state(CloudFrontState).functions.values()
        if function["live"]
    ]
