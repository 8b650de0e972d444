"""Drives one MCP server with the official client and prints what happened as one JSON object.

    session.py URL auto|legacy < STEPS

STEPS is a JSON array; each step is one of
    {"list": true}
    {"call": NAME, "arguments": {…}}
    {"call": NAME, "arguments": {…}, "cancel_after_ms": N}

Printed: {"version": …, "server": …, "steps": [ … ]}; a step that the server answered with a protocol error
reads {"error": {"code": …, "message": …}}, a cancelled one {"cancelled": true, "after_ms": …}.
"""

import json
import sys
import time

import anyio
from mcp import Client
from mcp.shared.exceptions import MCPError

WHOLE_RUN_SECONDS = 30


def described(result):
    """The parts of a tool result that the tests assert."""
    dumped = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        "isError": dumped.get("isError", False),
        "text": [block["text"] for block in dumped.get("content", []) if block["type"] == "text"],
        "structured": dumped.get("structuredContent"),
    }


async def cancelled_call(client, step):
    """Starts a call and walks away from it; the client tells the server in the way of the era it speaks."""
    begin = time.monotonic()
    with anyio.move_on_after(step["cancel_after_ms"] / 1000) as scope:
        return described(await client.call_tool(step["call"], step.get("arguments", {})))
    assert scope.cancelled_caught
    return {"cancelled": True, "after_ms": round((time.monotonic() - begin) * 1000)}


async def run_step(client, step):
    if "list" in step:
        listed = await client.list_tools()
        return {"tools": [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]}
    try:
        if "cancel_after_ms" in step:
            return await cancelled_call(client, step)
        return described(await client.call_tool(step["call"], step.get("arguments", {})))
    except MCPError as error:
        return {"error": {"code": error.error.code, "message": error.error.message}}


async def main(url, mode, steps):
    with anyio.fail_after(WHOLE_RUN_SECONDS):
        async with Client(url, mode=mode) as client:
            report = {
                "version": client.protocol_version,
                "server": client.server_info.name if client.server_info else None,
                "steps": [await run_step(client, step) for step in steps],
            }
    print(json.dumps(report))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], json.load(sys.stdin))
