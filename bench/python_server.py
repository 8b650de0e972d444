"""The peer of `make bench`: the official SDK's server with the README's tool, as fast as it goes.

Streamable HTTP, stateless, plain JSON answers, no access log, one process. Prints "listening on http://…".
"""

import asyncio
import logging
import socket

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("hello", log_level="ERROR")


@server.tool(structured_output=False)
def greet(name: str) -> str:
    """Greets someone by name."""
    return f"Hello, {name}!"


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    host, port = listener.getsockname()
    app = server.streamable_http_app(stateless_http=True, json_response=True, host=host)
    config = uvicorn.Config(app, log_level=logging.ERROR, access_log=False)
    print(f"listening on http://{host}:{port}/mcp", flush=True)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
