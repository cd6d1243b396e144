"""Which service modules make up this AWS."""

from __future__ import annotations

import cloudfront
import cloudfront_parts  # noqa: F401  (its handlers register themselves)
import cloudfront_policies  # noqa: F401
import s3  # noqa: F401
from admin import Report
from state import Sandbox

REPORTS: dict[str, Report] = {"distributions": cloudfront.report}


def install(sandbox: Sandbox) -> None:
    """Connects the service modules that change over time with the sandbox."""
    sandbox.settlers.append(cloudfront.settle)


def warm_up(sandbox: Sandbox) -> None:
    """Loads moto's biggest service in the background, so that the first EC2 call is not a second late."""
    with sandbox.lock:
        sandbox.backend("ec2", "us-east-1")
