// Read this first: a program written for the platform, pointed at the mock.

import assert from "node:assert/strict";
import { test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { control, MOCK_URL } from "./mock.mjs";

test("leads go in and come out with their ids", async () => {
  await control("POST", "/reset");
  const { hostname, port } = new URL(MOCK_URL);
  const client = platformClient.ApiClient.instance;
  client.setGateway({ host: hostname, protocol: "http", port: Number(port) }); // the only line that differs
  await client.loginClientCredentialsGrant("mock-client", "mock-secret");
  const outbound = new platformClient.OutboundApi();

  const list = await outbound.postOutboundContactlists({
    name: "Leads of November",
    columnNames: ["Lead ID", "Phone"],
    phoneColumns: [{ columnName: "Phone", type: "cell" }],
  });
  const body = Array.from({ length: 1_000 }, (_, n) => ({
    contactListId: list.id,
    data: { "Lead ID": `L-${n}`, Phone: `+1 555 01${String(n % 100).padStart(2, "0")}` },
  }));
  const added = await outbound.postOutboundContactlistContacts(list.id, body);
  const contactIds = new Map(added.map((contact) => [contact.data["Lead ID"], contact.id]));
  assert.equal(contactIds.size, 1_000);

  await outbound.postOutboundContactlistExport(list.id);
  const file = await outbound.getOutboundContactlistExport(list.id, { download: "true" });
  const [, ...rows] = file
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(",").map((cell) => cell.slice(1, -1)));
  assert.deepEqual(new Map(rows.map(([contactId, leadId]) => [leadId, contactId])), contactIds);

  await outbound.deleteOutboundContactlist(list.id);
  assert.deepEqual((await outbound.getOutboundContactlists()).entities, []);
});
