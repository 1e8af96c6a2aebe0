"""What to paste where, to point a client at the running mock."""

from mockserver.serving import Ready


def hints(ready: Ready) -> str:
    """Lines for people, one client a paragraph. Sources: the clients' own configuration code (contract notes, 9)."""
    host, _, port = ready.url.removeprefix("http://").rpartition(":")
    return f"""\
contactbench mock of a Genesys Cloud org at {ready.url} (pid {ready.pid})
control API at {ready.control_url}, token {ready.control_token}

# contactbench, and every tool that reads the official variables
export GENESYSCLOUD_OAUTHCLIENT_ID={ready.client_id} GENESYSCLOUD_OAUTHCLIENT_SECRET={ready.client_secret}
contactbench upload --target {ready.url} ...

# curl
curl -s -u {ready.client_id}:{ready.client_secret} -d grant_type=client_credentials {ready.url}/oauth/token

# Python SDK
client = PureCloudPlatformClientV2.api_client.ApiClient(host="{ready.url}")
client.get_client_credentials_token("{ready.client_id}", "{ready.client_secret}")

# JavaScript SDK, before the login
client.setGateway({{host: "{host}", protocol: "http", port: {port}}})

# Terraform, Go SDK, gc CLI
export GENESYSCLOUD_GATEWAY_HOST={host} GENESYSCLOUD_GATEWAY_PORT={port} GENESYSCLOUD_GATEWAY_PROTOCOL=http
"""
