import assert from "node:assert/strict";
import { test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { freshOrg, gatewayClient, MOCK_URL, withSettings } from "./mock.mjs";

const outbound = () => new platformClient.OutboundApi();

test("a login gives a token and says when it ends", async () => {
  const client = gatewayClient();
  const { accessToken, tokenExpiryTime } = await client.loginClientCredentialsGrant("mock-client", "mock-secret");
  assert.ok(accessToken.length >= 32);
  assert.ok(Math.abs(tokenExpiryTime - Date.now() - 86_400_000) < 60_000);
});

for (const [name, secret] of [
  ["mock-client", "wrong"],
  ["nobody", "mock-secret"],
]) {
  test(`a login of ${name} with ${secret} is refused with a body that only this endpoint has`, async () => {
    await assert.rejects(gatewayClient().loginClientCredentialsGrant(name, secret), ({ response }) => {
      assert.equal(response.status, 400);
      assert.ok(response.headers["inin-correlation-id"]);
      assert.deepEqual(response.data, {
        error: "invalid_client",
        description: "authentication failed",
        error_description: "authentication failed",
      });
      return true;
    });
  });
}

test("the SDK says who it is with its token", async () => {
  await freshOrg();
  assert.equal((await new platformClient.TokensApi().getTokensMe()).OAuthClient.id, "mock-client");
  assert.equal((await new platformClient.OrganizationApi().getOrganizationsMe()).state, "active");
});

test("without a token, and with a wrong one, the body of the refusal is what the promise is rejected with", async () => {
  const client = gatewayClient();
  await assert.rejects(outbound().getOutboundContactlists(), { status: 401, code: "authentication.required" });
  client.setAccessToken("nonsense");
  await assert.rejects(outbound().getOutboundContactlists(), { status: 401, code: "bad.credentials" });
});

test("a token that was given back opens nothing any more", async () => {
  const api = await freshOrg();
  await new platformClient.TokensApi().deleteTokensMe();
  await assert.rejects(api.getOutboundContactlists(), { code: "bad.credentials" });
});

test("a token past its time is refused, and the SDK does not renew one of this grant", async () => {
  await withSettings({ "tokens.lifetime_s": 0 }, async () => {
    const api = await freshOrg();
    await assert.rejects(api.getOutboundContactlists(), { code: "bad.credentials" });
  });
});

test("the base path is another way to the API, which leaves the login where it was", async () => {
  await freshOrg();
  const client = platformClient.ApiClient.instance;
  client.setGateway(undefined);
  client.config.basePath = MOCK_URL;
  assert.deepEqual((await outbound().getOutboundContactlists()).entities, []);
  assert.match(client.config.getConfUrl("login", `https://login.${client.config.environment}`), /^https:\/\/login\./);
});
