"""The /sandbox/ endpoints through which the tests, the proxy and the edge look into this AWS and steer it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Request, Response

import misfortunes
import sso
from faults import Fault
from identities import Sessions, create_user
from permissions import arm_denial, clear_denials
from state import Sandbox

Report = Callable[[Sandbox], list[dict[str, Any]]]


class Admin:
    """Answers the admin requests; `reports` are the lists that service modules offer under their name."""

    def __init__(self, sandbox: Sandbox, reports: dict[str, Report]) -> None:
        self._sandbox = sandbox
        self._reports = reports

    def __call__(self, request: Request) -> Response:
        name = request.path.removeprefix("/sandbox/").rstrip("/")
        try:
            return _json_response(self._answer(request.method, name, request))
        except (ValueError, TypeError, ServiceException) as error:
            return _json_response({"error": str(error)}, 400)

    def _answer(self, method: str, name: str, request: Request) -> object:
        sandbox = self._sandbox
        with sandbox.lock:
            sandbox.settle()
            match method, name:
                case "GET", _ if name in self._reports:
                    return self._reports[name](sandbox)
                case "GET", "calls":
                    return sandbox.calls
                case "DELETE", "calls":
                    sandbox.calls.clear()
                case "POST", "faults":
                    sandbox.faults.arm(Fault.from_json(_body(request)))
                case "DELETE", "faults":
                    sandbox.faults.clear()
                case "POST", "misfortunes":
                    misfortunes.arm(sandbox, _body(request))
                case "DELETE", "misfortunes":
                    misfortunes.clear(sandbox)
                case "POST", "settings":
                    sandbox.settings.change(_body(request))
                case "GET", "settings":
                    return sandbox.settings.as_json()
                case "POST", "reset":
                    sandbox.reset()
                case "POST", "users":
                    return create_user(**_body(request))
                case "DELETE", "sessions":
                    sandbox.shared(Sessions).end_all()
                case "DELETE", "signIns":
                    sandbox.shared(sso.SignIns).end_all()
                case "POST", "denies":
                    arm_denial(sandbox, _body(request))
                case "DELETE", "denies":
                    clear_denials(sandbox)
                case _:
                    raise ValueError(f"There is no {method} /sandbox/{name}.")
        return {}


def _body(request: Request) -> dict[str, Any]:
    body = json.loads(request.get_data())
    if not isinstance(body, dict):
        raise ValueError("The body is to be a JSON object.")
    return body


def _json_response(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")
