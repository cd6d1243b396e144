"""The characters and lengths that AWS takes in tags: letters, separators and digits of any script, and `_.:/=+-@`."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from xml.sax.saxutils import unescape

from awscall import AwsError, Call

LONGEST = {"key": 128, "value": 256}
PATTERN = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]"


def check(call: Call) -> None:
    """Raises what IAM, CloudFront and S3 answer to tags that they do not take; EC2 takes almost any."""
    for position, tag in enumerate(_tags(call), 1):
        for part, text in (("key", tag.get("Key") or ""), ("value", tag.get("Value") or "")):
            if len(text) > LONGEST[part] or (part == "key" and not text) or not _is_plain(text):
                raise _refusal(call, position, part, text)


def _tags(call: Call) -> list[dict[str, Any]]:
    parameters = call.parameters
    if call.service == "iam":
        return parameters.get("Tags") or []
    if call.service == "cloudfront":
        tags = parameters.get("Tags") or (parameters.get("DistributionConfigWithTags") or {}).get("Tags") or {}
        return tags.get("Items") or []
    if call.service == "s3" and call.operation in ("PutBucketTagging", "PutObjectTagging"):
        found = re.findall(r"<Tag>(.*?)</Tag>", call.body.decode("utf-8", "replace"), re.DOTALL)
        return [{name: unescape(value) for name, value in re.findall(r"<(Key|Value)>(.*?)</", text)} for text in found]
    return []


def _is_plain(text: str) -> bool:
    return all(unicodedata.category(letter)[0] in "LZN" or letter in "_.:/=+-@" for letter in text)


def _refusal(call: Call, position: int, part: str, text: str) -> AwsError:
    if call.service == "s3":
        name = part.capitalize()
        return AwsError("InvalidTag", f"The Tag{name} you have provided is invalid", 400, {f"Tag{name}": text})
    quantity = "+" if part == "key" else "*"
    constraint = (
        f"have length less than or equal to {LONGEST[part]}"
        if len(text) > LONGEST[part]
        else f"satisfy regular expression pattern: {PATTERN}{quantity}"
    )
    member = "tags" if call.service == "iam" else "tags.items"
    message = (
        f"1 validation error detected: Value at '{member}.{position}.member.{part}' failed to satisfy constraint:"
        f" Member must {constraint}"
    )
    return AwsError("ValidationError" if call.service == "iam" else "InvalidTagging", message, 400)
