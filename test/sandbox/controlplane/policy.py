"""The policy language of IAM: which statements speak of an action on a resource, under which conditions."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from awscall import AwsError

Verdict = Literal["allow", "deny", "none"]
# Condition keys (in lower case) and their values; a list is a key with several values.
Context = Mapping[str, "str | list[str]"]


def statements(policy: str | None) -> list[dict[str, Any]]:
    """The statements of a policy's text; a single one may stand without a list around it."""
    return listed(json.loads(policy)["Statement"]) if policy else []


def decide(found: Iterable[dict[str, Any]], action: str, resource: str, context: Context) -> Verdict:
    """What statements say of an action on a resource (`*` when nobody knows which); an explicit deny wins."""
    effects = {
        statement["Effect"]
        for statement in found
        if covers(statement, action, resource, context) and holds(statement, context)
    }
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "none"


def covers(statement: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a statement speaks of this action and resource."""
    actions = listed(statement.get("Action", statement.get("NotAction", [])))
    named = any(matches(pattern.lower(), action.lower()) for pattern in actions)
    if named == ("Action" not in statement):
        return False
    resources = [_filled_in(pattern, context) for pattern in listed(statement.get("Resource", []))]
    if "NotResource" in statement:
        excluded = [_filled_in(pattern, context) for pattern in listed(statement["NotResource"])]
        return not any(matches(pattern, resource) for pattern in excluded)
    return any(matches(pattern, resource) for pattern in resources)


def holds(statement: dict[str, Any], context: Context) -> bool:
    """Whether all conditions of a statement are met."""
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            values = [_filled_in(str(value), context) for value in listed(wanted)]
            if not _is_met(operator, context.get(key.lower()), values):
                return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` and `?` covers the whole text."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _filled_in(text: str, context: Context) -> str:
    """Policy variables such as ${aws:username}."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: str(context.get(found[1].lower(), "")), text)


def _is_met(operator: str, actual: str | list[str] | None, wanted: list[str]) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    is_optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    is_negated = "Not" in name
    name = name.replace("Not", "")
    if actual is None:
        return is_optional or is_negated or quantifier == "ForAllValues"
    met = [any(_compare(name, value, one) for one in wanted) != is_negated for value in listed(actual)]
    return all(met) if quantifier == "ForAllValues" or is_negated else any(met)


def _compare(name: str, actual: str, wanted: str) -> bool:
    match name:
        case "StringEquals" | "BinaryEquals":
            return actual == wanted
        case "StringEqualsIgnoreCase":
            return actual.lower() == wanted.lower()
        case "StringLike" | "ArnLike" | "ArnEquals":
            return matches(wanted, actual)
        case "Bool":
            return actual.lower() == wanted.lower()
        case "IpAddress":
            return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)
    kind, _, relation = re.sub(r"(?=(Equals|LessThan|GreaterThan))", " ", name, count=1).partition(" ")
    if kind in ("Numeric", "Date") and relation:
        # ISO 8601 moments of one form compare as texts do.
        left, right = (float(actual), float(wanted)) if kind == "Numeric" else (actual, wanted)
        less, same = left < right, left == right  # type: ignore[operator]
        return {
            "Equals": same,
            "LessThan": less,
            "LessThanEquals": less or same,
            "GreaterThan": not less and not same,
            "GreaterThanEquals": not less,
        }[relation]
    raise AwsError("NotImplementedInSandbox", f"The sandbox does not know the condition {name}.", 501)
