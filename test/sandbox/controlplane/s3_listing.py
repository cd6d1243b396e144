"""The list of buckets: S3 tells their regions, which moto leaves out, to a request with one of the parameters at least."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from awscall import Call

PARAMETERS = ("bucket-region", "continuation-token", "max-buckets", "prefix")


def tell_regions(call: Call, response: Response, buckets: Mapping[str, Any]) -> None:
    """Adds to each bucket of a list its region."""
    if response.status_code != 200 or not any(name in call.request.args for name in PARAMETERS):
        return

    def with_region(match: re.Match[str]) -> str:
        bucket = buckets.get(match[1])
        region = f"<BucketRegion>{bucket.region_name}</BucketRegion>" if bucket is not None else ""
        return f"<Name>{match[1]}</Name>{region}"

    response.set_data(re.sub(r"<Name>([^<]+)</Name>", with_region, response.get_data(as_text=True)))
