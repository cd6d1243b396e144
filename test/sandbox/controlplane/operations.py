"""Finds the operation of a REST service (S3, CloudFront) that an HTTP request means, from botocore's models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from moto.core.model import ServiceModel
from moto.core.utils import get_service_model


@dataclass(frozen=True)
class Route:
    """What a request must look like to be this operation; the more it must have, the better the match."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: tuple[tuple[str, str], ...]
    required_query: tuple[str, ...]
    required_headers: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int]:
        return len(self.query) + len(self.required_query) + len(self.required_headers), len(self.path.pattern)

    def matches(self, method: str, path: str, args: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        return (
            method == self.method
            and self.path.match(path) is not None
            and all(name in args and (not value or args[name] == value) for name, value in self.query)
            and all(name in args for name in self.required_query)
            and all(name in headers for name in self.required_headers)
        )


def find_rest_operation(
    model: ServiceModel, method: str, path: str, args: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[str, dict[str, str]] | None:
    """The operation's name and the parameters in its path, or None."""
    path = path.rstrip("/") or "/" if model.service_name != "s3" else path
    fitting = [route for route in _routes(model.service_name) if route.matches(method, path, args, headers)]
    if not fitting:
        return None
    best = max(fitting, key=lambda route: route.weight)
    match = best.path.match(path)
    return best.operation, match.groupdict() if match else {}


@cache
def _routes(service: str) -> tuple[Route, ...]:
    model = get_service_model(service)
    # Deprecated twins share their route with the operation that replaced them.
    names = [name for name in sorted(model.operation_names) if not _is_deprecated(model, name)]
    return tuple(_route(model, name) for name in names)


def _is_deprecated(model: ServiceModel, name: str) -> bool:
    return bool(model.operation_model(name).deprecated) or name == "ListDirectoryBuckets"


def _route(model: ServiceModel, name: str) -> Route:
    operation = model.operation_model(name)
    path, _, query = str(operation.http["requestUri"]).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    required_query: list[str] = []
    required_headers: list[str] = []
    shape = operation.input_shape
    for member in shape.required_members if shape else []:
        serialization = shape.members[member].serialization
        if serialization.get("location") == "querystring":
            required_query.append(serialization["name"])
        if serialization.get("location") == "header":
            required_headers.append(serialization["name"])
    return Route(
        name,
        str(operation.http["method"]),
        re.compile("^" + re.sub(r"\{(\w+)(\+?)\}", _segment, path.rstrip("/") or "/") + "$", re.DOTALL),
        tuple((key, value) for key, _, value in pairs),
        tuple(required_query),
        tuple(required_headers),
    )


def _segment(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>.+)" if match[2] else f"(?P<{match[1]}>[^/]+)"
