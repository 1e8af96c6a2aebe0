// What this SDK sends, listened to on the way; the mock has to take it as it is.

import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { contactList, contacts, freshOrg, MOCK_URL } from "./mock.mjs";

const heard = [];
const mock = new URL(MOCK_URL);
const listener = net.createServer((socket) => {
  const onward = net.connect(Number(mock.port), mock.hostname);
  socket.on("data", (chunk) => heard.push(chunk.toString("latin1")));
  socket.pipe(onward).pipe(socket);
  for (const end of [socket, onward]) end.on("error", () => socket.destroy());
});

let api, list;

before(async () => {
  api = await freshOrg();
  list = await api.postOutboundContactlists(contactList("Leads"));
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address();
  platformClient.ApiClient.instance.setGateway({ host: "127.0.0.1", protocol: "http", port });
});

after(() => listener.close());

/** The request line and the headers of one call, as they were sent. */
async function sent(call) {
  heard.length = 0;
  await call();
  const [line, ...headers] = heard.join("").split("\r\n\r\n", 1)[0].split("\r\n");
  return [line, Object.fromEntries(headers.map((each) => each.toLowerCase().split(": ")))];
}

test("an export is asked for without a body: a length of 0, and the content type of JSON", async () => {
  const [line, headers] = await sent(() => api.postOutboundContactlistExport(list.id));
  assert.equal(line, `POST /api/v2/outbound/contactlists/${list.id}/export HTTP/1.1`);
  assert.deepEqual([headers["content-length"], headers["content-type"]], ["0", "application/json"]);
});

test("so is the clearing of a list", async () => {
  const [, headers] = await sent(() => api.postOutboundContactlistClear(list.id));
  assert.deepEqual([headers["content-length"], headers["content-type"]], ["0", "application/json"]);
});

test("a client that compresses says so, and is told apart by its name alone", async () => {
  const [, headers] = await sent(() => api.getOutboundContactlists());
  assert.match(headers["user-agent"], /^axios\//);
  assert.match(headers["accept-encoding"], /gzip/);
  assert.ok(!("purecloud-sdk" in headers));
});

test("ids are joined by commas", async () => {
  const [line] = await sent(() => api.deleteOutboundContactlistContacts(list.id, ["a", "b"]));
  assert.match(line, /\/contacts\?contactIds=a(,|%2C)b HTTP/);
});

test("flags are sent when they were given, in lower case", async () => {
  const [bare] = await sent(() => api.postOutboundContactlistContacts(list.id, contacts(1)));
  assert.ok(!bare.includes("?"));
  const flags = { priority: true, clearSystemData: false };
  const [flagged] = await sent(() => api.postOutboundContactlistContacts(list.id, contacts(1), flags));
  assert.match(flagged, /\/contacts\?priority=true&clearSystemData=false HTTP/);
});
