"""One AWS API call: which service and operation an HTTP request means, and how its answer is written."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_to_bytes
from xml.sax.saxutils import escape

from moto import backends
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from moto.ec2.responses._base_response import EC2BaseResponse
from werkzeug.wrappers import Request, Response

from operations import find_rest_operation

if TYPE_CHECKING:
    from identities import Identity
    from state import Sandbox

ACCOUNT_ID = "123456789012"

# Endpoint host label and signing name -> botocore's name of the service.
SERVICE_NAMES = {
    "tagging": "resourcegroupstaggingapi",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "oidc": "sso-oidc",
}


class AwsError(ServiceException):
    """An error answer as AWS gives it.

    `status` is only needed where the service model does not know the code; `details` are S3's further elements.
    """

    def __init__(
        self, code: str, message: str, status: int | None = None, details: dict[str, str] | None = None
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.details = details or {}


@dataclass
class Call:
    """A request that was recognised as one operation of one AWS service; the gateway finds out who signed it."""

    request: Request
    body: bytes
    service: str
    operation: str
    region: str
    sandbox: Sandbox
    parameters: dict[str, Any] = field(default_factory=dict)
    identity: Identity | None = None

    @property
    def is_encrypted(self) -> bool:
        """Whether it came over TLS; the proxy and the edge, which end TLS, say so."""
        return "x-sandbox-tls" in self.request.headers

    @property
    def model(self) -> OperationModel:
        return get_service_model(self.service).operation_model(self.operation)

    def forward(self) -> Response:
        """Lets moto handle the call."""
        if self.service.replace("-", "") not in backends.list_of_moto_modules():
            raise AwsError("NotImplementedInSandbox", f"The sandbox has no {self.service} {self.operation}.", 501)
        return self.sandbox.moto(self.request.environ, self.body)


def service_and_region(request: Request) -> tuple[str, str]:
    """The service and region that a request is meant for (S3 when nothing says otherwise)."""
    host = request.host.split(":")[0]
    match = re.match(
        r"^AWS4-HMAC-SHA256 Credential=[^/]+/\d+/([^/]+)/([^/]+)/", request.headers.get("Authorization", "")
    )
    if match:
        return SERVICE_NAMES.get(match[2], match[2]), _real_region(match[1], host)
    label = re.match(r"^(?:api\.|portal\.)?([a-z0-9-]+)(?:\.([a-z0-9-]+))?\.amazonaws\.com$", host)
    if label and not re.match(r"^s3[.-]", host) and ".s3." not in host and label[1] != "s3":
        return SERVICE_NAMES.get(label[1], label[1]), label[2] or "us-east-1"
    scope = request.args.get("X-Amz-Credential", "").split("/")
    return "s3", _real_region(scope[2] if len(scope) > 2 else "", host)


def _real_region(scope_region: str, host: str) -> str:
    in_host = re.search(r"[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$", host)
    if in_host:
        return in_host[1]
    return scope_region or "us-east-1"


def bucket_and_key(request: Request) -> tuple[str, str]:
    """Bucket and object key of an S3 request, in virtual-host or path style, with the key's bytes decoded once."""
    raw_path = (request.environ.get("RAW_URI") or request.path).split("?")[0]
    path = unquote_to_bytes(raw_path).decode("utf-8", "replace").removeprefix("/")
    virtual = re.match(r"^(.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com$", request.host.split(":")[0])
    if virtual:
        return virtual[1], path
    bucket, _, key = path.partition("/")
    return bucket, key


def parse_call(request: Request, body: bytes, sandbox: Sandbox) -> Call:
    """Recognises the operation and its parameters; raises AwsError for what no service knows."""
    service, region = service_and_region(request)
    if service == "s3":
        return _parse_s3(request, body, sandbox, region)
    try:
        model = get_service_model(service)
    except Exception as error:
        raise AwsError("UnknownService", f"The sandbox has no service {service}.", 501) from error
    if model.protocol not in PROTOCOL_PARSERS:
        raise AwsError("NotImplementedInSandbox", f"The sandbox does not speak {service}'s protocol.", 501)
    path_parameters: dict[str, str] = {}
    if model.protocol.startswith("rest"):
        found = find_rest_operation(model, request.method, request.path, request.args, request.headers)
        if found is None:
            raise AwsError("UnknownOperationException", f"{request.method} {request.path} is no {service} call.", 404)
        operation, path_parameters = found
    elif "X-Amz-Target" in request.headers:
        operation = request.headers["X-Amz-Target"].split(".")[-1]
    else:
        values = parse_qs(body.decode("utf-8", "replace")) or {key: [value] for key, value in request.args.items()}
        operation = values.get("Action", [""])[0]
    if operation not in model.operation_names:
        raise AwsError("InvalidAction", f"The action {operation} is not valid for {service}.", 400)
    call = Call(request, body, service, operation, region, sandbox)
    call.parameters = _parse_parameters(call, model, path_parameters)
    return call


def _parse_parameters(call: Call, model: ServiceModel, path_parameters: dict[str, str]) -> dict[str, Any]:
    parser = PROTOCOL_PARSERS[model.protocol](call.model, map_type=dict)
    query_in_body = model.protocol in ("ec2", "query") and call.body
    values = Request.from_values(query_string=call.body.decode()).args if query_in_body else call.request.args
    return parser.parse(
        {
            "method": call.request.method,
            "values": values,
            "headers": call.request.headers,
            "body": call.body,
            "url_path": call.request.path,
            "url_params": path_parameters,
        }
    )


def _parse_s3(request: Request, body: bytes, sandbox: Sandbox, region: str) -> Call:
    bucket, key = bucket_and_key(request)
    path = "/" if not bucket else f"/{bucket}/{key}" if key else f"/{bucket}"
    found = find_rest_operation(get_service_model("s3"), request.method, path, request.args, request.headers)
    operation = found[0] if found else "OptionsObject" if request.method == "OPTIONS" else "Unknown"
    given = {name: value for name, value in request.args.to_dict().items() if not name.startswith("X-Amz-")}
    parameters = {**given, "Bucket": bucket, "Key": key}
    return Call(request, body, "s3", operation, region, sandbox, parameters)


def write_result(call: Call, result: object) -> Response:
    """The HTTP answer that carries `result` (a dict shaped like the operation's output, or an exception)."""
    model = get_service_model(call.service)
    # Moto's own objects (an instance, a volume) are written with the adjustments that moto makes for them.
    transformers = EC2BaseResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER if call.service == "ec2" else None
    serializer = get_serializer_class(model.service_name, model.protocol)(
        operation_model=call.model, value_picker=XFormedAttributePicker(response_transformers=transformers)
    )
    written = serializer.serialize(result)
    response = Response(written["body"], written["status_code"], written["headers"])
    return with_request_id(response)


def write_error(call: Call, error: AwsError) -> Response:
    """The HTTP answer for an error of a recognised call, in the protocol of its service."""
    if call.service == "s3":
        return write_plain_error(call.request, error)
    response = write_result(call, error)
    response.status_code = error.status or response.status_code
    return response


def write_plain_error(request: Request, error: AwsError) -> Response:
    """The HTTP answer for an error without a known operation, and for all of S3's."""
    status = error.status or 400
    if "X-Amz-Target" in request.headers:
        body = json.dumps({"__type": error.code, "message": error.message})
        return with_request_id(Response(body, status, content_type="application/x-amz-json-1.1"))
    code, message = escape(error.code), escape(error.message)
    details = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in error.details.items())
    text = f"<Error><Code>{code}</Code><Message>{message}</Message>{details}</Error>"
    if service_and_region(request)[0] != "s3":
        text = f"<ErrorResponse>{text}</ErrorResponse>"
    body = "" if request.method == "HEAD" else f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
    return with_request_id(Response(body, status, mimetype="application/xml"))


def with_request_id(response: Response) -> Response:
    """AWS numbers every answer; clients print the number in errors."""
    response.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
    return response
