"""Helpers of a script in JavaScript: the script has those that it uses."""

from pytest_threadcopy.reproduction.evidence.views import OWN

HELPERS = {
    "secret": """\
function secret(variable) {
  if (process.env[variable]) return process.env[variable];
  throw new Error(`Set ${variable} in the environment.`);
}
""",
    "attempt": """\
// The status and the answer of a call of the SDK, also where that is an error.
async function attempt(call) {
  try {
    return [200, await call()];
  } catch (error) {
    return [error.status ?? 0, error.text ?? String(error)];
  }
}
""",
    "send": """\
// The status and the answer of a request that the SDK has no method for, or whose numbers it would round.
async function send(headers, method, path, body) {
  const type = { "content-type": "application/json" };
  const response = await fetch(url + path, { method, headers: { ...headers, ...type }, body });
  const text = await response.text();
  try {
    return [response.status, JSON.parse(text.replace(/"(?:[^"\\\\]|\\\\.)*"|-?\\d[\\d.eE+-]*/g, (found) =>
      found.startsWith('"') ? found : JSON.stringify(`number ${found}`)))];
  } catch {
    return [response.status, text];
  }
}
""",
    "pick": """\
const pick = ([, answer], ...place) => place.reduce((value, key) => value?.[key], answer);
""",
    "created": """\
// The id of the thread that was created.
function created(answer) {
  const threadId = pick(answer, "thread_id");
  if (!threadId) throw new Error(`Not reproduced: no thread was created: ${JSON.stringify(answer)}`);
  return threadId;
}
""",
    "shown": """\
const shown = ([status, body], view = (body) => body) =>
  [status, status >= 200 && status < 300 ? view(structuredClone(body ?? null)) : body];
""",
    "showDifference": """\
function showDifference(first, second, names) {
  try {
    assert.deepStrictEqual(second, first);
    console.log(`no difference: ${names} (both answered ${first[0]})`);
  } catch (error) {
    console.log(`expected: ${names}\\n${error.message}`);
  }
}
""",
    "own": f"""\
// Mark the thread's id where a thread state holds it: there alone may a copy differ.
function own(value, threadId) {{
  if (Array.isArray(value)) return value.map((state) => own(state, threadId));
  const holders = [value, value?.checkpoint, value?.parent_checkpoint, value?.metadata,
    value?.configurable, value?.config?.configurable, value?.parent_config?.configurable];
  for (const task of Array.isArray(value?.tasks) ? value.tasks : []) {{
    holders.push(task?.checkpoint);
    own(task?.state, threadId);
  }}
  for (const holder of holders) if (holder?.thread_id === threadId) holder.thread_id = "{OWN}";
  return value;
}}
""",
    "ending": """\
const ending = ({ values, next, tasks }) => ({
  values, next, interrupts: (tasks ?? []).flatMap((task) => task.interrupts ?? []).map((one) => one.value),
});
""",
    "stream": """\
const stream = (events) => ({
  events: events.map(([event]) => event), values: events.filter(([event]) => event === "values").at(-1)?.[1],
});
""",
    "metadataOf": """\
const metadataOf = ({ metadata }, threadId) => Object.fromEntries(
  Object.entries(metadata ?? {}).filter(([key, value]) => key !== "thread_id" || value !== threadId));
""",
    "objectOf": """\
const objectOf = ({ status, values, interrupts }) => ({
  status, values, interrupts: Object.values(interrupts ?? []).flat().map((one) => one.value),
});
""",
    "collect": """\
async function collect(parts) {
  const events = [];
  for await (const { event, data } of parts) events.push([event, data]);
  return events;
}
""",
    "atWork": """\
// Waits until a run on a thread has left a checkpoint, and has more to do.
async function atWork(client, threadId) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await attempt(() => client.threads.getHistory(threadId, { limit: 1 }));
    if (pick(answer, 0, "next")?.length) return;
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
""",
}
"""The helpers, by name, in the order in which a script has them."""
VIEWS = {
    "own": "(body) => own(body, {own})",
    "tail": "(body) => own(body.slice(-{length}), {own})",
    "ending": "ending",
    "count": "(body) => body.length",
    "metadata": "(body) => metadataOf(body, {own})",
    "object": "objectOf",
    "values": "({{ __interrupt__, ...values }}) => values",
    "stream": "stream",
    "status": "() => null",
}
"""The function that shows an answer, by the kind of the `View`."""
