"""Calls and replies as bytes, between the processes of a run. They hold a token, and leads: keep them on a network of
your own."""

from pathlib import Path
from typing import Any

import msgspec

from ...flow import Call, Reply


def packed(value: Call | Reply) -> bytes:
    return _ENCODER.encode(value)


def call_of(content: bytes) -> Call:
    return _CALLS.decode(content)


def reply_of(content: bytes) -> Reply:
    return _REPLIES.decode(content)


def _path(_: type, value: Any) -> Path:
    return Path(value)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=str)  # of a path
_CALLS = msgspec.msgpack.Decoder(Call, dec_hook=_path)
_REPLIES = msgspec.msgpack.Decoder(Reply)
