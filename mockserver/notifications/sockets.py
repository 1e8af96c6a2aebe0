"""The WebSocket of a channel: events out, a heartbeat now and then, an answer to each ping.

The connection's own task waits, on the org's clock, for the next event, heartbeat or step of an import, and ends with
the connection. Source of topic and heartbeat: samples of the developer blog; message texts and the answer to a ping are
inferred from them.
"""

import asyncio
import contextlib
import json
from typing import Protocol

from aiohttp import WSMsgType, web

from mockserver.clock import Clock
from mockserver.notifications.channels import Channel, Message, Outbox
from mockserver.state import Org

_METADATA = "channel.metadata"
_LARGEST_BYTES = 64 * 1024  # of what a client may send
_LEAST_WAIT_S = 0.001  # a step that is due by now may be a rounding error away


class Steps(Protocol):
    """What time alone brings to a channel."""

    def take(self, channel: Channel) -> float:
        """Take the steps that are due, tell of them, and return when the next one is."""
        ...


async def connection(org: Org, channel: Channel, request: web.Request, steps: Steps) -> web.StreamResponse:
    """Serve the channel until either side ends it. Assumption: each of several connections gets every event."""
    socket = web.WebSocketResponse(max_msg_size=_LARGEST_BYTES, timeout=1.0)
    await socket.prepare(request)
    outbox = channel.connect()
    sending = asyncio.create_task(deliver(org, channel, outbox, socket, steps))
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT and _is_ping(message.data):
                outbox.put_nowait(_metadata("pong"))
    finally:
        channel.outboxes.pop(outbox)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
    return socket


async def deliver(org: Org, channel: Channel, outbox: Outbox, socket: web.WebSocketResponse, steps: Steps) -> None:
    """Send what comes, and see to it that something does."""
    wakes_at = beat_at = org.clock.now() + org.profile.semantics.heartbeat_s
    while True:
        if outbox.empty():  # else the steps of fast imports would queue up behind each other
            channel.outboxes[outbox] = wakes_at = min(beat_at, steps.take(channel))
        message = await _next(outbox, org.clock, wakes_at)
        if message is None:
            await socket.close()
            return
        if message:
            await socket.send_json(message)
        now = org.clock.now()
        if now >= channel.expires_at:
            channel.tell(None)
        elif now >= beat_at:
            beat_at = now + org.profile.semantics.heartbeat_s
            await socket.send_json(_metadata("WebSocket Heartbeat"))


async def _next(outbox: Outbox, clock: Clock, until: float) -> Message | None:
    """The next message; if none comes until then, an empty one."""
    if not outbox.empty():
        return outbox.get_nowait()
    arrival = asyncio.ensure_future(outbox.get())
    sleep = asyncio.ensure_future(clock.sleep(max(until - clock.now(), _LEAST_WAIT_S)))
    try:
        await asyncio.wait({arrival, sleep}, return_when=asyncio.FIRST_COMPLETED)
        return arrival.result() if arrival.done() else {}
    finally:
        arrival.cancel()
        sleep.cancel()


def _metadata(text: str) -> Message:
    return {"topicName": _METADATA, "eventBody": {"message": text}}


def _is_ping(text: str) -> bool:
    """`{"message": "ping"}`, as the official guide has it, or the bare word."""
    try:
        sent = json.loads(text)
    except ValueError:
        sent = text
    return bool(sent == "ping" or (isinstance(sent, dict) and sent.get("message") == "ping"))
