// Logs in, creates, lists, edits and deletes an event, and handles a typed error, with the generated types.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["Problem"];

const { WORKSPACE_URL, WORKSPACE_USERNAME, WORKSPACE_PASSWORD } = process.env as Record<string, string>;
const api = createClient<paths>({ baseUrl: `${WORKSPACE_URL}/api` });

const login = await api.POST("/auth/login", {
  body: { username: WORKSPACE_USERNAME!, password: WORKSPACE_PASSWORD! },
});
assert.ok(login.data, JSON.stringify(login.error));
const token = login.data.access_token;
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
});

const created = await api.POST("/agenda", {
  body: { title: "Planning", start: "2026-12-01T10:00:00", end: "2026-12-01T11:00:00", time_zone: "Europe/Paris" },
});
assert.ok(created.data, JSON.stringify(created.error));
const event_id = created.data.id;
const etag = created.response.headers.get("ETag")!;

const window = { from: "2026-12-01T00:00:00Z", to: "2026-12-02T00:00:00Z" };
const titles = async () => {
  const { data, error } = await api.GET("/agenda", { params: { query: window } });
  assert.ok(data, JSON.stringify(error));
  return data.items.map((item) => item.title);
};
assert.deepEqual(await titles(), ["Planning"]);

const edited = await api.PATCH("/agenda/{event_id}", {
  params: { path: { event_id }, header: { "If-Match": etag } },
  body: { title: "Planning, moved", start: "2026-12-01T14:00:00" },
});
assert.equal(edited.data?.end, "2026-12-01T15:00:00");
assert.deepEqual(await titles(), ["Planning, moved"]);

// The version is an old one by now.
const stale = await api.DELETE("/agenda/{event_id}", { params: { path: { event_id }, header: { "If-Match": etag } } });
const conflict: Problem | undefined = stale.error;
assert.equal(conflict?.code, "precondition_failed");

const wrong = await api.POST("/agenda", { body: { title: "", start: "soon" } });
const problem: Problem | undefined = wrong.error;
assert.equal(problem?.code, "validation_failed");
assert.deepEqual(problem?.errors?.map((error) => error.field).sort(), ["start", "title"]);

const gone = await api.DELETE("/agenda/{event_id}", {
  params: { path: { event_id }, header: { "If-Match": edited.response.headers.get("ETag")! } },
});
assert.equal(gone.response.status, 204);
assert.deepEqual(await titles(), []);
console.log("ok");
