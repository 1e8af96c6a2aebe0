// The mock that pytest started, its control API, and the SDK in front of it: only the gateway is another.

import platformClient from "purecloud-platform-client-v2";

export const { MOCK_URL } = process.env;
const { MOCK_CONTROL_URL, MOCK_CONTROL_TOKEN } = process.env;

export const COLUMNS = ["Lead ID", "First Name", "Age", "Phone"];

/** What the control API answers; a refusal fails the test. */
export async function control(method, path, body) {
  const headers = { Authorization: `Bearer ${MOCK_CONTROL_TOKEN}`, "Content-Type": "application/json" };
  const reply = await fetch(MOCK_CONTROL_URL + path, { method, headers, body: body && JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  const text = await reply.text();
  return text && JSON.parse(text);
}

/** Run with changed settings of the mock, named with dots; afterwards they are as they were. */
export async function withSettings(changes, run) {
  const profile = await control("GET", "/profile");
  const valueOf = (name) => name.split(".").reduce((part, key) => part[key], profile);
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, valueOf(name)]));
  await control("PATCH", "/profile", changes);
  try {
    return await run();
  } finally {
    await control("PATCH", "/profile", before);
  }
}

/** How many requests of `op` were answered with which status; 0 is a cut connection. */
export async function counts(op) {
  return (await control("GET", "/ledger/counts"))[op] ?? {};
}

/** The API, logged in, in an empty org. The SDK has one client a process, so each test sets it up anew. */
export async function freshOrg() {
  await control("POST", "/reset");
  const client = gatewayClient();
  await client.loginClientCredentialsGrant("mock-client", "mock-secret");
  return new platformClient.OutboundApi();
}

/** The SDK's client, pointed at the mock, without a token and with everything as the SDK has it. */
export function gatewayClient() {
  const client = platformClient.ApiClient.instance;
  const { hostname, port } = new URL(MOCK_URL);
  client.setGateway({ host: hostname, protocol: "http", port: Number(port) });
  client.setAccessToken(null);
  client.setReturnExtendedResponses(false);
  client.httpClient = undefined;
  return client;
}

export const contactList = (name, more = {}) => ({
  name,
  columnNames: COLUMNS,
  phoneColumns: [{ columnName: "Phone", type: "cell" }],
  ...more,
});

/** The cells of one contact. Its telephone number is one that films use. */
export const lead = (number) => ({
  "Lead ID": `L-${String(number).padStart(7, "0")}`,
  "First Name": ["Zoë", "Ali"][number % 2],
  Age: String(number % 90),
  Phone: `+1 555 01${String(number % 100).padStart(2, "0")}`,
});

export const leads = (count) => Array.from({ length: count }, (_, number) => lead(number));

/** Leads as contacts; with `ownIds` each one's id is its lead id. */
export const contacts = (count, { ownIds = false } = {}) =>
  leads(count).map((data) => (ownIds ? { id: data["Lead ID"], data } : { data }));
