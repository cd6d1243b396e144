"""Which service modules make up this AWS; importing one registers its handlers."""

from __future__ import annotations

import cloudfront
import cloudfront_functions
import cloudfront_parts  # noqa: F401
import cloudfront_policies  # noqa: F401
import cloudfront_report
import ec2_addresses
import ec2_attributes  # noqa: F401
import ec2_dry_runs
import ec2_instances
import ec2_lag
import ec2_lives
import ec2_modifications
import ec2_network  # noqa: F401
import ec2_regions  # noqa: F401
import ec2_quota  # noqa: F401
import ec2_volumes  # noqa: F401
import iam  # noqa: F401
import iam_simulation  # noqa: F401
import kept
import pages
import permissions
import pricing  # noqa: F401
import s3  # noqa: F401
import ssm
import ssm_commands
import sso_page
import sts  # noqa: F401
import tag_rules
import tagging  # noqa: F401
from admin import Report
from state import Sandbox

REPORTS: dict[str, Report] = {
    "distributions": cloudfront_report.report,
    "functions": cloudfront_functions.report,
    "instances": ec2_instances.report,
}


SITES = {sso_page.HOST: sso_page.answer}


def install(sandbox: Sandbox) -> None:
    """Connects the service modules that change over time with the sandbox."""
    sandbox.settlers += [cloudfront.settle, ec2_lives.settle, ec2_addresses.settle, ec2_modifications.settle, ssm.settle]
    kept.install()
    ec2_lag.install()
    pages.install()
    sandbox.resetters += [ssm_commands.reset, ec2_instances.reset]
    sandbox.checks += [permissions.check, tag_rules.check, ec2_dry_runs.check]


def warm_up(sandbox: Sandbox) -> None:
    """Loads moto's biggest services in the background, so that the first call is not a second late."""
    with sandbox.lock:
        sandbox.backend("ec2", "us-east-1")
        sandbox.backend("iam", "aws")
