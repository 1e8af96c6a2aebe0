import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { COLUMNS, contactList, freshOrg } from "./mock.mjs";

let api;

beforeEach(async () => {
  api = await freshOrg();
});

test("a list is made, read, changed and deleted", async () => {
  const made = await api.postOutboundContactlists(contactList("Leads"));
  assert.deepEqual([made.name, made.columnNames, made.version, made.division.name], ["Leads", COLUMNS, 1, "Home"]);
  assert.deepEqual(await api.getOutboundContactlist(made.id), made);
  const changed = await api.putOutboundContactlist(made.id, { ...made, name: "Leads, renamed" });
  assert.deepEqual([changed.name, changed.version], ["Leads, renamed", 2]);
  await api.deleteOutboundContactlist(made.id);
  await assert.rejects(api.getOutboundContactlist(made.id), { status: 404, code: "contact.list.not.found" });
});

test("an update of an old version is refused", async () => {
  const made = await api.postOutboundContactlists(contactList("Leads"));
  await api.putOutboundContactlist(made.id, made);
  await assert.rejects(api.putOutboundContactlist(made.id, made), {
    status: 409,
    code: "invalid.update.wrong.version",
  });
});

test("pages of a listing join to the whole of it", async () => {
  const names = ["A", "B", "C", "D", "E", "F", "G"];
  for (const name of names) await api.postOutboundContactlists(contactList(name));
  const pages = await Promise.all(
    [1, 2, 3].map((pageNumber) => api.getOutboundContactlists({ pageSize: 3, pageNumber })),
  );
  assert.deepEqual(
    pages.flatMap((page) => page.entities.map(({ name }) => name)),
    names,
  );
  assert.deepEqual(
    pages.map(({ total, pageCount }) => [total, pageCount]),
    Array(3).fill([7, 3]),
  );
  assert.deepEqual(
    pages.map(({ nextUri }) => Boolean(nextUri)),
    [true, true, false],
  );
});

test("ids in a query are joined by commas", async () => {
  const made = [];
  for (const name of ["A", "B", "C"]) made.push(await api.postOutboundContactlists(contactList(name)));
  const wanted = [made[0].id, made[2].id];
  assert.deepEqual(
    (await api.getOutboundContactlists({ id: wanted })).entities.map(({ name }) => name),
    ["A", "C"],
  );
  await api.deleteOutboundContactlists(wanted);
  assert.deepEqual(
    (await api.getOutboundContactlists()).entities.map(({ name }) => name),
    ["B"],
  );
});

test("sizes and import statuses come when asked for", async () => {
  const { id } = await api.postOutboundContactlists(contactList("Leads"));
  const bare = await api.getOutboundContactlist(id);
  const full = await api.getOutboundContactlist(id, { includeSize: true, includeImportStatus: true });
  assert.deepEqual(["size" in bare, "importStatus" in bare], [false, false]);
  assert.equal(full.size, 0);
  assert.equal(full.importStatus.state, undefined);
});

for (const [wrong, code] of [
  [{ name: "" }, "name.cannot.be.blank"],
  [{ name: "x".repeat(65) }, "name.length.exceeded"],
  [{ columnNames: [] }, "no.contact.columns.defined"],
  [{ columnNames: [...COLUMNS, "Age"] }, "not.unique.contact.columns"],
  [{ phoneColumns: [{ columnName: "Fax", type: "home" }] }, "contact.columns.do.not.contain.phone.number.column"],
]) {
  test(`a list that is not right is refused: ${code}`, async () => {
    await assert.rejects(api.postOutboundContactlists(contactList("Leads", wrong)), (body) => {
      assert.deepEqual([body.status, body.code], [400, code]);
      assert.deepEqual([body.details, body.errors, typeof body.contextId], [[], [], "string"]);
      return true;
    });
  });
}

test("a value that no enumeration has is refused, with those that there are", async () => {
  await assert.rejects(api.getOutboundContactlists({ name: "A", filterType: "SoundsLike" }), (body) => {
    assert.deepEqual([body.status, body.code], [400, "invalid.value"]);
    assert.match(body.message, /SoundsLike.*Prefix/);
    return true;
  });
  const wrong = contactList("Leads", { retentionType: "Sometimes" });
  await assert.rejects(api.postOutboundContactlists(wrong), { status: 400, code: "invalid.value" });
});
