"""Sends one large file over HTTP as fast as the server takes it, from memory. A process of its own, so that sending and
measuring do not share a processor's turn. The task comes as JSON on standard input, the result goes out as JSON."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from typing import Any

BLOCK = 1024 * 1024
BOUNDARY = "caseroom-measure-4f1d8a"
PATIENCE = 300.0  # seconds for the whole upload


def send(task: dict[str, Any]) -> dict[str, Any]:
    """``task``: port, path, size in bytes, headers. Seconds run from the first byte sent to the end of the answer."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="measure.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    block = memoryview(b"%PDF-1.7\n" + os.urandom(BLOCK - 9))
    headers = {
        "Host": f"127.0.0.1:{task['port']}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + task["size"] + len(tail)),
        "Connection": "close",
        **task["headers"],
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", task["port"]), timeout=PATIENCE) as connection:
        begin = time.perf_counter()
        connection.sendall(f"POST {task['path']} HTTP/1.1\r\n{lines}\r\n".encode() + head)
        left = task["size"]
        while left:
            piece = block[: min(left, BLOCK)]
            connection.sendall(piece)
            left -= len(piece)
        connection.sendall(tail)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        seconds = time.perf_counter() - begin
    status = int(answer.split(b" ", 2)[1])
    return {"seconds": seconds, "status": status, "answer": answer[-500:].decode(errors="replace")}


if __name__ == "__main__":
    print(json.dumps(send(json.load(sys.stdin))))
