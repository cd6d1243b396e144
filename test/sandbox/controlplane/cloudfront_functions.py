"""CloudFront functions: kept, updated under their ETag and published; the edge runs what is published."""

from __future__ import annotations

import base64
import re
import time
from typing import Any

from werkzeug.wrappers import Response

from awscall import AwsError, Call
from cloudfront import BASE_URL, CloudFrontState, check_etag, page, random_id, utc_now
from gateway import handles
from state import Sandbox

LARGEST_BYTES = 10 * 1024
MOST_FUNCTIONS = 100


def _find(call: Call) -> dict[str, Any]:
    found = call.sandbox.state(CloudFrontState).functions.get(call.parameters["Name"])
    if found is None:
        raise AwsError("NoSuchFunctionExists", "The function does not exist.")
    return found


def _arn(sandbox: Sandbox, name: str) -> str:
    return f"arn:aws:cloudfront::{sandbox.account}:function/{name}"


def _summary(sandbox: Sandbox, function: dict[str, Any], stage: str = "DEVELOPMENT") -> dict[str, Any]:
    version = _stage(function, stage)
    return {
        "FunctionSummary": {
            "Name": function["name"],
            "Status": _status(sandbox, function, stage),
            "FunctionConfig": version["config"],
            "FunctionMetadata": {
                "FunctionARN": _arn(sandbox, function["name"]),
                "Stage": stage,
                "CreatedTime": function["created"],
                "LastModifiedTime": version["modified"],
            },
        }
    }


def _stage(function: dict[str, Any], stage: str) -> dict[str, Any]:
    version: dict[str, Any] | None = function["live"] if stage == "LIVE" else function
    if version is None:
        raise AwsError("NoSuchFunctionExists", "The specified function does not exist.")
    return version


def _status(sandbox: Sandbox, function: dict[str, Any], stage: str) -> str:
    live = function["live"]
    if live is None or (stage == "DEVELOPMENT" and live["code"] != function["code"]):
        return "UNPUBLISHED"
    if not _users(sandbox, function["name"]):
        return "UNASSOCIATED"
    return "DEPLOYED" if _is_deployed(sandbox, function) else "IN_PROGRESS"


def _is_deployed(sandbox: Sandbox, function: dict[str, Any]) -> bool:
    return time.monotonic() >= function["live"]["published"] + sandbox.settings.deploy_seconds


def _users(sandbox: Sandbox, name: str) -> list[str]:
    """The distributions that have a function in their configuration, deployed or not yet."""
    found = []
    for distribution in sandbox.state(CloudFrontState).distributions.values():
        for config in (distribution.config, distribution.deployed or {}):
            behaviors = [config.get("DefaultCacheBehavior") or {}]
            behaviors += (config.get("CacheBehaviors") or {}).get("Items") or []
            for behavior in behaviors:
                associations = (behavior.get("FunctionAssociations") or {}).get("Items") or []
                if any(item["FunctionARN"] == _arn(sandbox, name) for item in associations):
                    found.append(distribution.id)
    return found


def _version(call: Call) -> dict[str, Any]:
    code = call.parameters["FunctionCode"]
    code = code if isinstance(code, bytes) else base64.b64decode(code)
    if len(code) > LARGEST_BYTES:
        raise AwsError("FunctionSizeLimitExceeded", "The function is too large.")
    config = call.parameters["FunctionConfig"]
    if not code:
        raise AwsError("InvalidArgument", "The parameter FunctionCode is empty.")
    if config["Runtime"] not in ("cloudfront-js-1.0", "cloudfront-js-2.0"):
        raise AwsError("InvalidArgument", f"The runtime {config['Runtime']} is not supported.")
    if len(config["Comment"]) > 128:
        raise AwsError("InvalidArgument", "The parameter Comment is too long.")
    return {"config": config, "code": code, "modified": utc_now(), "etag": random_id("E")}


@handles("cloudfront", "CreateFunction")
def create_function(call: Call) -> dict[str, Any]:
    functions = call.sandbox.state(CloudFrontState).functions
    name = call.parameters["Name"]
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        raise AwsError("InvalidArgument", "The parameter Name has characters other than letters, digits, - and _.")
    if len(functions) >= MOST_FUNCTIONS:
        raise AwsError("TooManyFunctions", "You have reached the maximum number of functions in this account.")
    if name in functions:
        raise AwsError("FunctionAlreadyExists", "A function with the same name already exists in this account.")
    functions[name] = {"name": name, "created": utc_now(), "live": None, **_version(call)}
    return {**_summary(call.sandbox, functions[name]), "Location": f"{BASE_URL}/function/{name}", "ETag": functions[name]["etag"]}


@handles("cloudfront", "UpdateFunction")
def update_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    function.update(_version(call))
    return {**_summary(call.sandbox, function), "ETag": function["etag"]}


@handles("cloudfront", "PublishFunction")
def publish_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    function["live"] = {
        **{key: function[key] for key in ("config", "code")},
        **{"modified": utc_now(), "etag": random_id("E"), "published": time.monotonic()},
        "former_code": _running_code(call.sandbox, function) if function["live"] else None,
    }
    return _summary(call.sandbox, function, "LIVE")


@handles("cloudfront", "DescribeFunction")
def describe_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    stage = call.parameters.get("Stage") or "DEVELOPMENT"
    # Each stage has an ETag of its own; updating, publishing and deleting want the one of DEVELOPMENT.
    return {**_summary(call.sandbox, function, stage), "ETag": _stage(function, stage)["etag"]}


@handles("cloudfront", "GetFunction")
def get_function(call: Call) -> Response:
    version = _stage(_find(call), call.parameters.get("Stage") or "DEVELOPMENT")
    return Response(version["code"], headers={"ETag": version["etag"]}, content_type="application/octet-stream")


@handles("cloudfront", "DeleteFunction")
def delete_function(call: Call) -> dict[str, Any]:
    function = _find(call)
    check_etag(call.parameters.get("IfMatch"), function["etag"])
    if _users(call.sandbox, function["name"]):
        raise AwsError("FunctionInUse", "Cannot delete function, it is in use by at least one distribution.")
    del call.sandbox.state(CloudFrontState).functions[function["name"]]
    return {}


@handles("cloudfront", "ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    stage = call.parameters.get("Stage") or "DEVELOPMENT"
    functions = call.sandbox.state(CloudFrontState).functions.values()
    shown = [
        _summary(call.sandbox, item, stage)["FunctionSummary"] for item in functions if stage != "LIVE" or item["live"]
    ]
    listed = page(shown, call.parameters, lambda item: item["Name"])
    return {"FunctionList": {key: listed[key] for key in ("NextMarker", "MaxItems", "Quantity", "Items")}}


def _running_code(sandbox: Sandbox, function: dict[str, Any]) -> bytes:
    """What the edges run: until a publication is through, that is what was published before, if anything was."""
    live = function["live"]
    is_through = live["former_code"] is None or _is_deployed(sandbox, function)
    code: bytes = live["code"] if is_through else live["former_code"]
    return code


def report(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What /sandbox/functions shows to the edge."""
    return [
        {
            "name": function["name"],
            "arn": _arn(sandbox, function["name"]),
            "code": _running_code(sandbox, function).decode(),
        }
        for function in sandbox.state(CloudFrontState).functions.values()
        if function["live"]
    ]
