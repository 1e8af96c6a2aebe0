"""The official JavaScript SDK in Chromium, on a page of another origin."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import PureCloudPlatformClientV2 as Genesys
import pytest

from ..outside.locust_process import browsing
from .test_js_sdk import JS, installed

__all__ = ["installed"]

pytestmark = pytest.mark.conformance

SDK = JS / "node_modules/purecloud-platform-client-v2/dist/web-cjs/purecloud-platform-client-v2.min.js"
PAGE = """<!doctype html><title>A sample</title><pre id="said"></pre>
<script src="sdk.js"></script>
<script>
const {login, token, host, port} = SETTINGS;
const platformClient = require("platformClient"), client = platformClient.ApiClient.instance;
client.setGateway({host, protocol: "http", port});
const say = (text) => { document.getElementById("said").textContent = text; };
async function run() {
  if (token) client.setAccessToken(token);
  const here = location.href.split(/[?#]/)[0];
  const {state} = token ? {} : await client[login]("mock-client", here, {state: "of the page"});
  const api = new platformClient.OutboundApi();
  const phoneColumns = [{columnName: "Phone", type: "cell"}];
  const list = await api.postOutboundContactlists({name: login, columnNames: ["Lead ID", "Phone"], phoneColumns});
  const leads = [1, 2, 3].map((n) => ({data: {"Lead ID": `L-${n}`, Phone: `+1555010000${n}`}}));
  const made = await api.postOutboundContactlistContacts(list.id, leads);
  say(`${state}: ${made.length} contacts in ${list.name}`);
}
run().catch((error) => say(`refused: ${error.message ?? JSON.stringify(error)}`));
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(installed, tmp_path) -> Iterator[str]:
    """The address of a folder for pages, `tmp_path`, with the SDK in it."""
    (tmp_path / "sdk.js").symlink_to(SDK)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def mock_for_pages(folder, *options):
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--pace", "none", *options]
    ready_file = folder / "ready.json"
    with subprocess.Popen([*command, "--ready-file", str(ready_file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline(), "the mock did not start"
        yield json.loads(ready_file.read_text())["url"]
        process.terminate()
        process.communicate(timeout=20)


def said_on_the_page(site, folder, mock_url, **settings):
    """What the page says in the end, after its login has sent it away and back."""
    host, _, port = mock_url.removeprefix("http://").rpartition(":")
    settings = json.dumps({"host": host, "port": int(port)} | settings)
    (folder / "index.html").write_text(PAGE.replace("SETTINGS", settings))
    with browsing(f"{site}/index.html") as page:
        page.wait_for_function("document.getElementById('said').textContent")
        return page.locator("#said").inner_text()


@pytest.mark.parametrize("login", ["loginImplicitGrant", "loginPKCEGrant"])
def test_a_page_logs_in_and_makes_a_list_with_contacts(site, tmp_path, login):
    """The browser asks first for every request, and lets the page read the answers."""
    with mock_for_pages(tmp_path, "--allow-origin", "http://localhost:1", "--allow-origin", site) as url:
        assert said_on_the_page(site, tmp_path, url, login=login) == f"of the page: 3 contacts in {login}"


def test_without_the_option_the_browser_is_refused(site, tmp_path):
    """A page that has a token all the same makes nothing with it."""
    with mock_for_pages(tmp_path) as url:
        client = Genesys.api_client.ApiClient(host=url).get_client_credentials_token("mock-client", "mock-secret")
        said = said_on_the_page(site, tmp_path, url, token=client.access_token)
        assert said == "refused: Network Error"
        assert Genesys.OutboundApi(client).get_outbound_contactlists().total == 0
