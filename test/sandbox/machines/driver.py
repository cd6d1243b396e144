"""Lets a test in another language call Machines: `driver.py <image> <folder> <proxy port> <CA PEM>`, one JSON object a line each way."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machines.machine import Machines  # noqa: E402


class Driver:
    """Answers calls out of order, each in a thread of its own."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._cancellations: dict[int, threading.Event] = {}
        self._writing = threading.Lock()

    def serve(self) -> None:
        for line in sys.stdin:
            call = json.loads(line)
            if call["method"] == "cancel":
                self._cancellations[call["arguments"][0]].set()
                continue
            self._cancellations[call["id"]] = threading.Event()
            threading.Thread(target=self._answer, args=(call,), daemon=True).start()

    def _answer(self, call: dict[str, Any]) -> None:
        arguments = call["arguments"]
        if call["method"] == "run":
            arguments = [*arguments, self._cancellations[call["id"]]]
        try:
            result = getattr(self._machines, call["method"])(*arguments)
            answer = {"result": dataclasses.asdict(result) if dataclasses.is_dataclass(result) else result}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        with self._writing:
            print(json.dumps({"id": call["id"], **answer}), flush=True)


if __name__ == "__main__":
    image, folder, proxy_port, ca_pem = sys.argv[1:]
    every = Machines(Path(image), Path(folder), int(proxy_port), ca_pem)
    try:
        Driver(every).serve()
    finally:
        every.close()
