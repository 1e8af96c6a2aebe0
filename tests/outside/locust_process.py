"""Locust as somebody starts it in a folder of theirs, and Chromium as they look at its page."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

CLIENT = httpx.Client(timeout=60)  # Locust is silent while it draws a report
ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@dataclass
class Locust:
    """A Locust with a page; `folder` is where it was started."""

    folder: Path
    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()


def unused_port() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return int(there.getsockname()[1])


def command(scenario: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(ROOT / "scenarios" / f"{scenario}.py"), *options]


def run(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command of Locust's to its end."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([*words], cwd=folder, env=known, capture_output=True, text=True, timeout=PATIENCE_S)


@contextmanager
def page_of(folder: Path, scenario: str, *options: str, base: str = "") -> Iterator[Locust]:
    """Locust waiting for its start."""
    port = unused_port()
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(scenario, "--web-port", str(port), *options),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    there = Locust(folder, f"http://127.0.0.1:{port}{base}", process)
    try:
        until(lambda: answers(f"{there.url}/") or process.poll() is not None)
        assert process.poll() is None, there.log
        yield there
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return CLIENT.get(url).is_success
    except httpx.TransportError:
        return False


def until(condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
    """Wait for something that another process does."""
    ends = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


@contextmanager
def browsing(url: str) -> Iterator[Any]:
    """A page of Chromium's, 1440 pixels wide; whatever goes wrong on it fails the test."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.fail("there is no Chromium: apt-get install --no-install-recommends chromium", pytrace=False)
    from playwright.sync_api import sync_playwright

    troubles: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("response", lambda answer: answer.status >= 500 and troubles.append(f"{answer.status} {answer.url}"))
        page.goto(url)
        yield page
        assert "error occurred" not in page.locator("body").inner_text().lower()
        browser.close()
    assert troubles == []
