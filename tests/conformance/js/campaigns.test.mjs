import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import platformClient from "purecloud-platform-client-v2";
import { contactList, control, contacts, freshOrg } from "./mock.mjs";

let api;
let leads;

beforeEach(async () => {
  api = await freshOrg();
  leads = await api.postOutboundContactlists(contactList("Leads"));
});

const campaign = (more = {}) => ({
  name: "Calls",
  dialingMode: "agentless",
  contactList: { id: leads.id },
  phoneColumns: [{ columnName: "Phone", type: "cell" }],
  callerName: "Test",
  callerAddress: "+15550100",
  ...more,
});

test("a campaign and what it is made of", async () => {
  const slots = [{ startTime: "07:00:00", stopTime: "18:00:00", day: 3 }];
  const times = await api.postOutboundCallabletimesets({
    name: "Work",
    callableTimes: [{ timeZoneId: "Africa/Abidjan", timeSlots: slots }],
  });
  const responses = await api.postOutboundCallanalysisresponsesets({
    name: "Hang up",
    responses: { callable_machine: { reactionType: "hangup" } },
  });
  const rules = await api.postOutboundRulesets({ name: "None", contactList: { id: leads.id }, rules: [] });
  const made = await api.postOutboundCampaigns(
    campaign({
      callableTimeSet: { id: times.id },
      callAnalysisResponseSet: { id: responses.id },
      ruleSets: [{ id: rules.id }],
    }),
  );
  assert.deepEqual(await api.getOutboundCampaign(made.id), made);
  assert.deepEqual([made.campaignStatus, made.contactList.name, made.division.name], ["off", "Leads", "Home"]);
  const sequence = await api.postOutboundSequences({ name: "One", campaigns: [{ id: made.id }] });
  await assert.rejects(api.deleteOutboundCampaign(made.id), { status: 400, code: "referential.integrity.error" });
  await api.deleteOutboundSequence(sequence.id);
  assert.equal((await api.deleteOutboundCampaign(made.id)).id, made.id);
  await api.deleteOutboundRuleset(rules.id);
  await api.deleteOutboundCallanalysisresponseset(responses.id);
  await api.deleteOutboundCallabletimeset(times.id);
});

test("a campaign that is on calls nobody, and its list stays", async () => {
  await api.postOutboundContactlistContacts(leads.id, contacts(3));
  const made = await api.postOutboundCampaigns(campaign());
  const on = await api.putOutboundCampaign(made.id, { ...made, campaignStatus: "on" });
  assert.deepEqual([on.campaignStatus, on.version], ["on", 2]);
  await assert.rejects(api.putOutboundCampaign(made.id, made), { status: 409, code: "invalid.update.wrong.version" });
  const progress = await api.getOutboundCampaignProgress(made.id);
  assert.deepEqual([progress.totalNumberOfContacts, progress.numberOfContactsCalled], [3, 0]);
  await api.deleteOutboundCampaignProgress(made.id);
  assert.equal((await api.getOutboundCampaignStats(made.id)).contactRate.attempts, 0);
  assert.equal((await api.getOutboundCampaigns({ contactListId: leads.id })).total, 1);
  assert.equal((await api.getOutboundCampaignsDivisionviews()).entities[0].name, "Calls");
  await assert.rejects(api.deleteOutboundContactlist(leads.id), { status: 400, code: "contact.list.in.use" });
});

test("attempt limits of a list", async () => {
  const limits = await api.postOutboundAttemptlimits({ name: "Thrice", maxAttemptsPerContact: 3, resetPeriod: "TODAY" });
  const limited = await api.postOutboundContactlists(contactList("Limited", { attemptLimits: { id: limits.id } }));
  await assert.rejects(api.deleteOutboundAttemptlimit(limits.id), { code: "referential.integrity.error" });
  await api.deleteOutboundContactlist(limited.id);
  await api.deleteOutboundAttemptlimit(limits.id);
  assert.equal((await api.getOutboundAttemptlimits()).total, 0);
});

test("queues, scripts and the user, as they were planted", async () => {
  await assert.rejects(new platformClient.UsersApi().getUsersMe(), { status: 400 });
  const wanted = { queues: [{ name: "Sales" }], scripts: [{ name: "Hello" }], users: [{ name: "Ada" }] };
  const planted = await control("PUT", "/fixtures", wanted);
  const [queue] = (await new platformClient.RoutingApi().getRoutingQueues({ name: "Sales" })).entities;
  assert.equal(queue.id, planted.queues[0].id);
  assert.equal((await new platformClient.ScriptsApi().getScriptsPublished()).entities[0].name, "Hello");
  assert.equal((await new platformClient.UsersApi().getUsersMe()).name, "Ada");
  const made = await api.postOutboundCampaigns(campaign({ dialingMode: "preview", queue: { id: queue.id } }));
  assert.equal(made.queue.name, "Sales");
});

test("what the platform has and the mock has not", async () => {
  const asked = [
    ["get_outbound_settings", () => api.getOutboundSettings()],
    ["get_outbound_campaigns_all", () => api.getOutboundCampaignsAll()],
    ["get_outbound_wrapupcodemappings", () => api.getOutboundWrapupcodemappings()],
    ["post_outbound_campaign_start", () => api.postOutboundCampaignStart("nobody")],
    ["patch_outbound_campaign", () => api.patchOutboundCampaign("nobody", {})],
    ["post_outbound_digitalrulesets", () => api.postOutboundDigitalrulesets({})],
    ["get_outbound_filespecificationtemplates", () => api.getOutboundFilespecificationtemplates()],
    ["put_outbound_schedules_campaign", () => api.putOutboundSchedulesCampaign("nobody", {})],
  ];
  for (const [name, call] of asked) {
    await assert.rejects(call(), (error) => {
      assert.deepEqual([error.status, error.code], [501, "mock.not.imitated"]);
      assert.ok(error.message.startsWith(`${name} is not imitated.`));
      return true;
    });
  }
});
