// Uploads go past the SDK, which has no method for them; what becomes of them is read with it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { COLUMNS, contactList, freshOrg, lead, leads, MOCK_URL, withSettings } from "./mock.mjs";

let api, list;

beforeEach(async () => {
  api = await freshOrg();
  list = await api.postOutboundContactlists(contactList("Leads"));
});

const csv = (rows, header = COLUMNS) => [header, ...rows].map((row) => row.join(",") + "\r\n").join("");
const rows = (count) => leads(count).map((data) => Object.values(data));

/** Post a form with these parts in this order; `file` is the file's text. */
async function upload(parts) {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (name === "file") form.append(name, new Blob([value], { type: "text/csv" }), "leads.csv");
    else form.append(name, value);
  }
  const headers = { Authorization: `bearer ${platformClient.ApiClient.instance.authData.accessToken}` };
  return fetch(`${MOCK_URL}/uploads/v2/contactlist`, { method: "POST", headers, body: form });
}

test("an upload as the official sample sends it", async () => {
  const reply = await upload({
    id: list.id,
    file: csv(rows(250)),
    fileType: "contactlist",
    "contact-id-name": "Lead ID",
  });
  assert.equal(reply.status, 200);
  assert.ok((await reply.json()).correlationId);
  assert.deepEqual((await api.getOutboundContactlistContact(list.id, "L-0000007")).data, lead(7));
});

test("the file may come first", async () => {
  assert.equal((await upload({ file: csv(rows(3)), fileType: "contactlist", id: list.id })).status, 200);
  assert.equal((await api.getOutboundContactlist(list.id, { includeSize: true })).size, 3);
});

test("a finished import has no state, only 100 percent", async () => {
  await upload({ id: list.id, fileType: "contactlist", file: csv(rows(20)) });
  const status = await api.getOutboundContactlistImportstatus(list.id);
  assert.ok(!status.state);
  assert.deepEqual([status.percentComplete, status.totalRecords, status.completedRecords], [100, 20, 20]);
});

test("an import on its way is IN_PROGRESS, and its list stays", async () => {
  await withSettings({ "jobs.import_rows_per_s": 0.001 }, async () => {
    await upload({ id: list.id, fileType: "contactlist", file: csv(rows(20)) });
    const status = await api.getOutboundContactlistImportstatus(list.id);
    assert.deepEqual([status.state, status.percentComplete], ["IN_PROGRESS", 0]);
    const refusal = { status: 400, code: "contact.list.import.in.progress" };
    await assert.rejects(api.deleteOutboundContactlist(list.id), refusal);
  });
});

test("a failed import says why, in a status that is answered with 200", async () => {
  await upload({ id: list.id, fileType: "contactlist", file: csv([], [...COLUMNS, "Age"]) });
  const status = await api.getOutboundContactlistImportstatus(list.id);
  assert.deepEqual([status.state, status.failureReason], ["FAILED", "FAILED_TO_READ_HEADERS"]);
});

for (const [parts, status, code] of [
  [{ id: "no-such-list" }, 404, "contact.list.not.found"],
  [{ fileType: "something" }, 400, "bad.request"],
]) {
  test(`an upload that is refused: ${JSON.stringify(parts)}`, async () => {
    const reply = await upload({ id: list.id, fileType: "contactlist", file: csv(rows(3)), ...parts });
    const body = await reply.json();
    assert.deepEqual([reply.status, body.code], [status, code]);
    assert.equal(body.contextId, reply.headers.get("inin-correlation-id"));
  });
}

test("an address that was signed for one file takes it without a token", async () => {
  const wanted = { id: list.id, contentType: "text/csv", contactIdName: "Lead ID", signedUrlTimeoutSeconds: 60 };
  const { url, uploadKey, headers } = await api.postOutboundContactlistsUploads(wanted);
  assert.ok(decodeURIComponent(url).includes(uploadKey));
  const reply = await fetch(url, { method: "PUT", headers, body: csv(rows(25)) });
  assert.deepEqual([reply.status, await reply.text()], [200, ""]);
  assert.equal((await api.getOutboundContactlistImportstatus(list.id)).percentComplete, 100);
  assert.deepEqual((await api.getOutboundContactlistContact(list.id, "L-0000007")).data, lead(7));
});

test("the same address refuses what it was not signed for, in XML", async () => {
  const { url, headers } = await api.postOutboundContactlistsUploads({ id: list.id, contentType: "text/csv" });
  const others = { ...headers, "Content-Type": "application/vnd.ms-excel" };
  const reply = await fetch(url, { method: "PUT", headers: others, body: csv(rows(1)) });
  assert.equal(reply.status, 403);
  assert.match(await reply.text(), /<Error><Code>SignatureDoesNotMatch<\/Code>/);
});
