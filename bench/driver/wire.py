"""The one request that every server of the throughput round gets, and one exchange over a plain socket."""

import json
import socket

REVISION = "2026-07-28"
ANSWER_SECONDS_MAX = 10


def tools_call(tool, arguments):
    """Headers and body of a tools/call; the body's bytes are the same for every server."""
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": tool,
                "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": REVISION,
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        },
        separators=(",", ":"),
    )
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": REVISION,
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    return headers, body


def lua(headers, body):
    """The same request as a script for wrk."""
    lines = ['wrk.method = "POST"', f"wrk.body = {_lua_quoted(body)}"]
    lines += [f"wrk.headers[{_lua_quoted(name)}] = {_lua_quoted(value)}" for name, value in headers.items()]
    return "\n".join(lines) + "\n"


def _lua_quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def http_bytes(headers, body, port, path="/mcp"):
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{n}: {v}" for n, v in headers.items())]
    lines += [f"Content-Length: {len(body.encode())}", "", ""]
    return "\r\n".join(lines).encode() + body.encode()


def exchange(port, request):
    """Sends the bytes and gives the whole response and its body, both as bytes."""
    with socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS_MAX) as connection:
        connection.sendall(request)
        received = b""
        while True:
            head, separator, body = received.partition(b"\r\n\r\n")
            if separator and len(body) >= _content_length(head):
                return received, body
            more = connection.recv(65536)
            if not more:
                raise ConnectionError(f"closed after {len(received)} bytes of a response")
            received += more


def _content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise ValueError("a response without Content-Length")
