// Limits and faults as this SDK meets them: it never asks twice, and it waits 16 seconds at most.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { contactList, contacts, control, counts, freshOrg, withSettings } from "./mock.mjs";

let api, client, list;

beforeEach(async () => {
  api = await freshOrg();
  client = platformClient.ApiClient.instance;
  list = await api.postOutboundContactlists(contactList("Leads"));
});

const fault = (rule) => control("PUT", "/faults", [{ op: "contacts.add", ...rule }]);
const add = (count = 10) => api.postOutboundContactlistContacts(list.id, contacts(count));
const stored = async () => (await control("GET", "/state")).contacts;

test("a 429 is not waited for: the promise is rejected with how long one had to", async () => {
  await fault({ nth: 1, action: { status: 429, headers: { "Retry-After": "7" } } });
  await assert.rejects(add(), (body) => {
    assert.deepEqual([body.status, body.code], [429, "too.many.requests.retry.after"]);
    assert.match(body.message, /Retry the request in \[7\] seconds/);
    return true;
  });
  assert.deepEqual([await counts("contacts.add"), await stored()], [{ 429: 1 }, 0]);
});

test("the limit's headers are there for those who ask for extended responses", async () => {
  client.setReturnExtendedResponses(true);
  await fault({ nth: 1, action: { status: 429, headers: { "Retry-After": "7" } } });
  await assert.rejects(add(), ({ status, headers, body }) => {
    assert.deepEqual([status, headers["retry-after"]], [429, "7"]);
    assert.equal(headers["inin-correlation-id"], body.contextId);
    return true;
  });
  await withSettings({ "rate.requests_per_window": 300 }, async () => {
    const { status, headers, body } = await add();
    assert.deepEqual([status, body.length], [200, 10]);
    assert.equal(headers["inin-ratelimit-allowed"], "300");
  });
});

test("the real limit refuses in the same words", async () => {
  await withSettings({ "rate.requests_per_window": 2, "rate.window_s": 60 }, async () => {
    const answers = await Promise.allSettled([add(), add(), add(), add(), add()]);
    const refused = answers.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
    assert.ok(refused.length >= 2);
    assert.ok(refused.every(({ code }) => code === "too.many.requests.retry.after"));
  });
});

for (const [status, code] of [
  [500, "internal.server.error"],
  [503, "service.unavailable"],
  [504, "request.timeout"],
  [403, "not.authorized"],
]) {
  test(`a ${status} is passed on at once`, async () => {
    await fault({ action: { status } });
    await assert.rejects(add(), { status, code });
    assert.deepEqual(await counts("contacts.add"), { [status]: 1 });
  });
}

test("an answer that is lost is an error without an answer, and the batch is there", async () => {
  await fault({ nth: 1, when: "after_commit", action: { reset: true } });
  await assert.rejects(add(), ({ response, code }) => {
    assert.equal(response, undefined);
    assert.equal(code, "ECONNRESET");
    return true;
  });
  assert.deepEqual([await stored(), await counts("contacts.add")], [10, { 0: 1 }]);
});

test("an error may come after the fact", async () => {
  await fault({ nth: 1, when: "after_commit", action: { status: 500 } });
  await assert.rejects(add(), { status: 500 });
  assert.equal(await stored(), 10);
});

test("the SDK loses patience; what it asked for happens all the same", async () => {
  assert.equal(client.timeout, 16_000);
  client.getHttpClient().setTimeout(200);
  await fault({ nth: 1, when: "after_commit", action: { stall_s: 1, reset: true } });
  await assert.rejects(add(), ({ code }) => code === "ECONNABORTED");
  assert.equal(await stored(), 10);
});

test("a page of HTML is passed on as it is", async () => {
  const body = "<h1>Bad Gateway</h1>";
  await fault({ action: { status: 502, headers: { "Content-Type": "text/html" }, body } });
  await assert.rejects(add(), (reason) => reason === body);
});

test("a batch that is too large is refused, once", async () => {
  const [contact] = contacts(1);
  const wide = { ...contact, data: { ...contact.data, "First Name": "x".repeat(3_100_000) } };
  await assert.rejects(api.postOutboundContactlistContacts(list.id, [wide]), (reason) => {
    // Either the refusal arrives, or the server has stopped reading before the body was through.
    return reason.code === "request.entity.too.large" || ["EPIPE", "ECONNRESET"].includes(reason.code);
  });
  assert.deepEqual(await counts("contacts.add"), { 413: 1 });
});

test("a missing permission is named", async () => {
  await control("PATCH", "/clients", { "mock-client": ["outbound:contactList:view"] });
  try {
    await assert.rejects(add(), ({ status, code, message }) => {
      assert.deepEqual([status, code], [403, "missing.permissions"]);
      assert.match(message, /outbound:contact:add/);
      return true;
    });
  } finally {
    await control("PATCH", "/clients", { "mock-client": null });
  }
});
