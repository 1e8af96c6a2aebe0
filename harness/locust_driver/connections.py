"""Connections of a Locust user that end with a reset when they are given up."""

from typing import Any

from geventhttpclient.client import HTTPClientPool

from ..transport import RESET_ON_CLOSE


class ResettingPool(HTTPClientPool):  # type: ignore[misc]  # no types
    """What a call that was given up has not sent yet goes with its connection, and is not delivered later."""

    def get_client(self, url: Any) -> Any:
        known = len(self.clients)
        client = super().get_client(url)
        if len(self.clients) > known:
            client._connection_pool.after_connect = _reset_on_close  # the pool's own hook, of a pool that is not shown
        return client


def _reset_on_close(sock: Any) -> None:
    sock.setsockopt(*RESET_ON_CLOSE)
