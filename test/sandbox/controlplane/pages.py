"""Lists whose first page is empty although there is more, as AWS may answer.

AWS reads a number of records and then leaves out what the filters do not want, so that a page of a filtered list can be short or
empty and name a next one (boto3 issue 2888 for EC2, aws-cli issue 2626 for SSM): only a list without a next page has ended.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from awscall import AwsError, Call
from gateway import HANDLERS, SERVICE_HANDLERS, Handler

TOKEN = "second-page"


def _paged(handler: Handler) -> Handler:
    def handle(call: Call) -> object:
        if not call.sandbox.settings.empty_first_pages or not _can_be_paged(call):
            return handler(call)
        token = call.parameters.pop("NextToken", None)
        if token is None:
            return {"NextToken": TOKEN}
        if token != TOKEN:
            raise AwsError("InvalidNextToken", f"The token '{token}' is invalid")
        if call.service == "ec2":
            # Moto, which may answer, reads the request anew.
            call.body = urlencode([item for item in parse_qsl(call.body.decode()) if item[0] != "NextToken"]).encode()
        return handler(call)

    return handle


def _can_be_paged(call: Call) -> bool:
    output = call.model.output_shape
    return "Filters" in call.parameters and output is not None and "NextToken" in output.members


def install() -> None:
    """Puts the pages before every EC2 call, and before the list of SSM's instances, whoever answers it."""
    for service, operation in list(HANDLERS):
        if service == "ec2" or (service, operation) == ("ssm", "DescribeInstanceInformation"):
            HANDLERS[service, operation] = _paged(HANDLERS[service, operation])
    SERVICE_HANDLERS["ec2"] = _paged(SERVICE_HANDLERS["ec2"])
