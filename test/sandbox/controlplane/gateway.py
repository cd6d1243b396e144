"""The WSGI application before moto: records calls, injects faults, checks shapes and runs the strict handlers."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException, _RESTError
from moto.core.parse import RequestParserError
from werkzeug.wrappers import Request, Response

from awscall import (
    ACCOUNT_ID,
    AwsError,
    Call,
    parse_call,
    service_and_region,
    write_error,
    write_plain_error,
    write_result,
)
from faults import Fault, cut_connection
from signature import authenticate
from state import Sandbox

Handler = Callable[[Call], object]
HANDLERS: dict[tuple[str, str], Handler] = {}
SERVICE_HANDLERS: dict[str, Handler] = {}

MOST_PUT_BYTES = 5 * 1024**3
INVALID_SHAPE_CODES = {"ec2": "InvalidParameterValue", "ssm": "ValidationException", "cloudfront": "InvalidArgument"}


def handles(service: str, *operations: str) -> Callable[[Handler], Handler]:
    """Marks the handler of some operations (of the whole service without any); what none handles goes to moto."""

    def mark(handler: Handler) -> Handler:
        if not operations:
            SERVICE_HANDLERS[service] = handler
        for operation in operations:
            HANDLERS[service, operation] = handler
        return handler

    return mark


class Gateway:
    """Answers every request of the control plane's port."""

    def __init__(
        self,
        sandbox: Sandbox,
        admin: Callable[[Request], Response],
        sites: dict[str, Callable[[Sandbox, Request], Response]] | None = None,
    ) -> None:
        """`sites` are the web pages of AWS, by the beginnings of their hosts' names."""
        self._sandbox = sandbox
        self._admin = admin
        self._sites = sites or {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/sandbox/") and not request.host.endswith(".amazonaws.com"):
            return self._admin(request)(environ, start_response)
        for beginning, site in self._sites.items():
            if request.host.startswith(beginning):
                with self._sandbox.lock:
                    return site(self._sandbox, request)(environ, start_response)
        response = self._answer(request)
        # The server sends its own, by AWS's clock.
        response.headers.remove("Date")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        too_large = _too_large(request)
        # What is refused for its size alone is refused before it was sent.
        body = b"" if too_large else request.get_data()
        from_edge = "x-sandbox-cloudfront-source-arn" in request.headers or request.headers.get("x-sandbox-edge")
        try:
            call = parse_call(request, body, self._sandbox)
        except AwsError as error:
            return write_plain_error(request, error)
        except (RequestParserError, ValueError) as error:
            return write_plain_error(request, AwsError("MalformedInput", str(error)))
        if from_edge:
            return self._handle(call)
        refusal = too_large or _refusal(call)
        self._sandbox.calls.append(_recorded(call))
        faults = self._sandbox.faults.firing(call.service, call.operation)
        for when in ("before", "after"):
            for fault in faults:
                if fault.when == when:
                    failed = self._injected(call, fault)
                    if failed is not None:
                        return failed
            if when == "before":
                response = write_error(call, refusal) if refusal else self._handle(call)
        if too_large:
            response.headers["Connection"] = "close"
        return response

    def _injected(self, call: Call, fault: Fault) -> Response | None:
        if fault.kind == "delay":
            time.sleep(fault.seconds)
            return None
        if fault.kind == "cut":
            cut_connection(call.request.environ["werkzeug.socket"])
        return write_error(call, AwsError(fault.code, fault.message, fault.status))

    def _handle(self, call: Call) -> Response:
        handler = HANDLERS.get((call.service, call.operation)) or SERVICE_HANDLERS.get(call.service)
        try:
            account = call.identity.account if call.identity else ACCOUNT_ID
            with self._sandbox.lock, self._sandbox.acting_in(account):
                self._sandbox.settle()
                for check in self._sandbox.checks:
                    check(call)
                _check_shape(call)
                result = handler(call) if handler else call.forward()
                return result if isinstance(result, Response) else write_result(call, result)
        except AwsError as error:
            return write_error(call, error)
        except ServiceException as error:
            return write_result(call, error)
        except _RESTError as error:
            return write_error(call, AwsError(error.error_type, error.message, error.code))
        except NotImplementedError as error:
            return write_error(call, AwsError("NotImplementedInSandbox", str(error), 501))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return write_error(call, AwsError("InternalError", f"{type(error).__name__}: {error}", 500))


def _too_large(request: Request) -> AwsError | None:
    size = request.headers.get("x-amz-decoded-content-length") or request.headers.get("Content-Length") or "0"
    if request.method != "PUT" or not size.isdigit() or int(size) <= MOST_PUT_BYTES:
        return None
    if service_and_region(request)[0] != "s3":
        return None
    details = {"ProposedSize": size, "MaxSizeAllowed": str(MOST_PUT_BYTES)}
    return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, details)


def _refusal(call: Call) -> AwsError | None:
    """What is wrong with the call's signature; the call knows its signer afterwards."""
    try:
        call.identity = authenticate(call)
    except AwsError as error:
        return error
    return None


def _check_shape(call: Call) -> None:
    shape = None if call.service == "s3" else call.model.input_shape
    if shape is None:
        return
    report = ParamValidator().validate(call.parameters, shape)
    if report.has_errors():
        text = report.generate_report()
        code = INVALID_SHAPE_CODES.get(call.service, "ValidationError")
        if call.service == "ec2" and "Missing required parameter" in text:
            code = "MissingParameter"
        raise AwsError(code, text)


def _recorded(call: Call) -> dict[str, Any]:
    parameters = json.loads(json.dumps(call.parameters, default=str))
    return {
        "service": call.service,
        "action": call.operation,
        "region": call.region,
        "parameters": parameters,
        "caller": call.identity.arn if call.identity else None,
    }
