import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { COLUMNS, contactList, contacts, freshOrg } from "./mock.mjs";

let api, client, list, added;

beforeEach(async () => {
  api = await freshOrg();
  client = platformClient.ApiClient.instance;
  list = await api.postOutboundContactlists(contactList("Leads"));
  added = await api.postOutboundContactlistContacts(list.id, contacts(10));
});

const lines = (file) => file.trimEnd().split(/\r?\n/);

test("before any export there is none, which another code says than that there is no list", async () => {
  const noExport = { status: 404, code: "no.available.list.export.uri" };
  await assert.rejects(api.getOutboundContactlistExport(list.id), noExport);
  const noList = { status: 404, code: "contact.list.not.found" };
  await assert.rejects(api.getOutboundContactlistExport("none"), noList);
});

test("told to download, the SDK follows both redirects to the text of the file", async () => {
  await api.postOutboundContactlistExport(list.id);
  const file = await api.getOutboundContactlistExport(list.id, { download: "true" });
  const [header, ...rows] = lines(file);
  assert.deepEqual(header.replaceAll('"', "").split(",").slice(1, 5), COLUMNS);
  assert.match(header, /^\ufeff?"inin-outbound-id"/);
  assert.deepEqual(new Set(rows.map((row) => row.split(",")[0].slice(1, -1))), new Set(added.map(({ id }) => id)));
});

test("not told to, it answers with an address that needs the token, and one behind it that does not", async () => {
  await api.postOutboundContactlistExport(list.id);
  const { uri, exportTimestamp } = await api.getOutboundContactlistExport(list.id, { download: "false" });
  assert.ok(Math.abs(Date.parse(exportTimestamp) - Date.now()) < 60_000);
  assert.equal((await fetch(uri)).status, 401);
  const headers = { Authorization: `Bearer ${client.authData.accessToken}` };
  const hop = await fetch(uri, { headers, redirect: "manual" });
  const file = await (await fetch(hop.headers.get("location"))).text();
  assert.equal(lines(file).length, 11);
});

test("the SDK's own method for downloads gives the signed address", async () => {
  await api.postOutboundContactlistExport(list.id);
  const { uri } = await api.getOutboundContactlistExport(list.id);
  const { url } = await new platformClient.DownloadsApi().getDownload(uri.split("/").at(-1), { issueRedirect: false });
  assert.equal(lines(await (await fetch(url)).text()).length, 11);
});
