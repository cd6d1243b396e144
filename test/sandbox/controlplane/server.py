"""The sandbox's AWS control plane: moto made strict, with real machines behind EC2 and SSM when asked for."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

# Read by moto when it is imported: without these, unknown AMIs and types launch and AWS's own policies are missing. The
# images are the control plane's own: moto's hundreds take a second to load, also after each reset.
os.environ.update(
    {
        "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
        "MOTO_ENABLE_AMI_VALIDATION": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
    }
)

# It warns of every error code that botocore's model leaves out, and EC2's and SSM's models leave out many.
warnings.filterwarnings("ignore", module="moto")

from werkzeug.http import http_date  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

import services  # noqa: E402
from admin import Admin  # noqa: E402
from gateway import Gateway  # noqa: E402
from state import Sandbox, Settings  # noqa: E402


class QuietHandler(WSGIRequestHandler):
    """AWS's clock; no line for each request (they are at /sandbox/calls), and silence on a connection that was cut."""

    sandbox: Sandbox

    def make_environ(self) -> dict[str, Any]:
        """Werkzeug leaves names with an underscore out, and AWS has one such header."""
        environ = super().make_environ()
        token = self.headers.get("x-amz-sso_bearer_token")
        return environ if token is None else {**environ, "HTTP_X_AMZ_SSO_BEARER_TOKEN": token}

    def date_time_string(self, timestamp: float | None = None) -> str:
        return http_date(self.sandbox.now() if timestamp is None else timestamp)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        self.close_connection = True


def main() -> None:
    arguments = _arguments()
    settings = Settings(deploy_seconds=arguments.deploy_seconds, registration_seconds=arguments.registration_seconds)
    sandbox = Sandbox(settings)
    if arguments.machines:
        sys.path.insert(0, str(arguments.machines_from))
        from machines.machine import Machines

        sandbox.machines = Machines(arguments.image, arguments.folder, arguments.proxy_port, arguments.ca)
    services.install(sandbox)
    QuietHandler.sandbox = sandbox
    gateway = Gateway(sandbox, Admin(sandbox, services.REPORTS), services.SITES)
    server = make_server("127.0.0.1", arguments.port, gateway, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    threading.Thread(target=services.warm_up, args=(sandbox,), daemon=True).start()
    _wait_for_end()
    if sandbox.machines:
        sandbox.machines.close()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    # Threads may be inside a slow command of a machine that is gone; nothing of theirs is worth waiting for.
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True, help="temporary folder, removed at the end")
    parser.add_argument("--machines", action="store_true", help="boot a Linux machine for each instance")
    parser.add_argument("--image", type=Path, help="folder with the machine image")
    parser.add_argument("--machines-from", type=Path, default=Path(__file__).parent.parent, help=argparse.SUPPRESS)
    parser.add_argument("--deploy-seconds", type=float, default=Settings.deploy_seconds)
    parser.add_argument("--registration-seconds", type=float, default=Settings.registration_seconds)
    parser.add_argument("--ca", help="PEM of the certificate authority that machines are to trust")
    parser.add_argument("--proxy-port", type=int)
    arguments = parser.parse_args()
    if arguments.machines and not arguments.image:
        parser.error("--machines needs --image")
    return arguments


def _wait_for_end() -> None:
    """Returns when standard input ends (the parent has gone) or a signal asks to stop."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())

    def read() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    ended.wait()


if __name__ == "__main__":
    main()
