import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { contactList, contacts, control, counts, freshOrg, lead, leads } from "./mock.mjs";

let api, list;

beforeEach(async () => {
  api = await freshOrg();
  list = await api.postOutboundContactlists(contactList("Leads"));
});

const size = async () => (await api.getOutboundContactlist(list.id, { includeSize: true })).size;

test("a thousand contacts come back in their order, each with an id of its own", async () => {
  const added = await api.postOutboundContactlistContacts(list.id, contacts(1_000));
  assert.deepEqual(
    added.map(({ data }) => data),
    leads(1_000),
  );
  assert.equal(new Set(added.map(({ id }) => id)).size, 1_000);
  const stored = await control("GET", `/contacts?list=${list.id}`);
  assert.deepEqual(
    stored,
    added.map(({ id, data }) => ({ id, data })),
  );
});

test("one more than a thousand is refused", async () => {
  const refusal = { status: 400, code: "too.many.contacts.added" };
  await assert.rejects(api.postOutboundContactlistContacts(list.id, contacts(1_001)), refusal);
  assert.equal(await size(), 0);
});

test("with ids of one's own the same again is an update", async () => {
  await api.postOutboundContactlistContacts(list.id, contacts(10, { ownIds: true }));
  const changed = [{ id: "L-0000003", data: { ...lead(3), "First Name": "Bo" } }];
  const options = { priority: false, clearSystemData: true, doNotQueue: false };
  const [answered] = await api.postOutboundContactlistContacts(list.id, changed, options);
  assert.deepEqual(answered.data, { ...lead(3), "First Name": "Bo" });
  assert.equal(await size(), 10);
});

test("a contact is read, changed and deleted", async () => {
  const [added] = await api.postOutboundContactlistContacts(list.id, contacts(3));
  assert.deepEqual(await api.getOutboundContactlistContact(list.id, added.id), added);
  const changed = { ...added, data: { ...added.data, Age: "41" }, callable: false };
  const updated = await api.putOutboundContactlistContact(list.id, added.id, changed);
  assert.deepEqual([updated.data.Age, updated.callable], ["41", false]);
  await api.deleteOutboundContactlistContact(list.id, added.id);
  const refusal = { status: 404, code: "resource.not.found" };
  await assert.rejects(api.getOutboundContactlistContact(list.id, added.id), refusal);
});

test("several contacts are deleted by ids that are joined by commas", async () => {
  await api.postOutboundContactlistContacts(list.id, contacts(5, { ownIds: true }));
  await api.deleteOutboundContactlistContacts(list.id, ["L-0000000", "L-0000004"]);
  assert.deepEqual(
    (await control("GET", `/contacts?list=${list.id}`)).map(({ id }) => id),
    [1, 2, 3].map((n) => `L-000000${n}`),
  );
});

test("fifty contacts are read by their ids, and no more", async () => {
  const added = await api.postOutboundContactlistContacts(list.id, contacts(51));
  const ids = added.map(({ id }) => id);
  const read = await api.postOutboundContactlistContactsBulk(list.id, ids.slice(0, 50));
  assert.deepEqual(new Set(read.map(({ id }) => id)), new Set(ids.slice(0, 50)));
  const refusal = { status: 400, code: "too.many.contacts.requested" };
  await assert.rejects(api.postOutboundContactlistContactsBulk(list.id, ids), refusal);
});

test("a search finds contacts by their lead ids", async () => {
  await api.postOutboundContactlistContacts(list.id, contacts(120));
  const predicate = {
    column: "Lead ID",
    columnType: "alphabetic",
    operator: "IN",
    range: { inSet: ["L-0000007", "L-0000042", "L-9999999"] },
  };
  const criteria = { filterType: "AND", clauses: [{ filterType: "AND", predicates: [predicate] }] };
  const page = await api.postOutboundContactlistContactsSearch(list.id, { criteria, pageNumber: 1, pageSize: 100 });
  assert.deepEqual(
    page.entities.map(({ data }) => data),
    [lead(7), lead(42)],
  );
  assert.deepEqual([page.total, page.contactsCount], [2, 120]);
});

test("an empty search answers the first page of everything", async () => {
  await api.postOutboundContactlistContacts(list.id, contacts(120));
  const page = await api.postOutboundContactlistContactsSearch(list.id, {});
  assert.deepEqual([page.entities.length, page.total, page.contactsCount], [25, 120, 120]);
});

test("an operator that there is not is refused", async () => {
  const predicate = { column: "Age", columnType: "numeric", operator: "SOUNDS_LIKE", value: "7" };
  const criteria = { filterType: "AND", clauses: [{ filterType: "AND", predicates: [predicate] }] };
  const wanted = { criteria, pageNumber: 1, pageSize: 10 };
  await assert.rejects(api.postOutboundContactlistContactsSearch(list.id, wanted), {
    status: 400,
    code: "invalid.value",
  });
});

test("clearing a list is a request without a body, which says it is JSON", async () => {
  await api.postOutboundContactlistContacts(list.id, contacts(10));
  await api.postOutboundContactlistClear(list.id);
  assert.equal(await size(), 0);
  assert.deepEqual(await counts("lists.clear"), { 204: 1 });
  assert.deepEqual(
    (await control("GET", "/ledger")).filter(({ op }) => op === "lists.clear").map(({ bytes }) => bytes),
    [0],
  );
});

test("a list nobody has", async () => {
  const refusal = { status: 404, code: "contact.list.not.found" };
  await assert.rejects(api.postOutboundContactlistContacts("none", contacts(1)), refusal);
  await assert.rejects(api.postOutboundContactlistContactsSearch("none", {}), refusal);
});
