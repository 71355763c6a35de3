"""What a script in JavaScript may need: each helper stands at its top only where it is used."""

from pytest_threadcopy.reproduction.evidence.views import OWN

_SECRET = """\
function secret(variable) {
  if (process.env[variable]) return process.env[variable];
  throw new Error(`Set ${variable} in the environment.`);
}
"""
_ATTEMPT = """\
// The status and the answer of a call of the SDK, also where that is an error.
async function attempt(call) {
  try {
    return [200, await call()];
  } catch (error) {
    return [error.status ?? 0, error.text ?? String(error)];
  }
}
"""
_SEND = """\
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
"""
_CREATED = """\
// The id of the thread that was created.
function created(answer) {
  const threadId = pick(answer, "thread_id");
  if (!threadId) throw new Error(`Not reproduced: no thread was created: ${JSON.stringify(answer)}`);
  return threadId;
}
"""
_PICK = """\
const pick = ([, answer], ...place) => place.reduce((value, key) => value?.[key], answer);
"""
_SHOWN = """\
const shown = ([status, body], view = (body) => body) =>
  [status, status >= 200 && status < 300 ? view(structuredClone(body ?? null)) : body];
"""
_SHOW_DIFFERENCE = """\
function showDifference(first, second, names) {
  try {
    assert.deepStrictEqual(second, first);
    console.log(`no difference: ${names} (both answered ${first[0]})`);
  } catch (error) {
    console.log(`expected: ${names}\\n${error.message}`);
  }
}
"""
_OWN = f"""\
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
"""
_METADATA = """\
const metadataOf = ({ metadata }, threadId) => Object.fromEntries(
  Object.entries(metadata ?? {}).filter(([key, value]) => key !== "thread_id" || value !== threadId));
"""
_OBJECT = """\
const objectOf = ({ status, values, interrupts }) => ({
  status, values, interrupts: Object.values(interrupts ?? []).flat().map((one) => one.value),
});
"""
_ENDING = """\
const ending = ({ values, next, tasks }) => ({
  values, next, interrupts: (tasks ?? []).flatMap((task) => task.interrupts ?? []).map((one) => one.value),
});
"""
_STREAM = """\
const stream = (events) => ({
  events: events.map(([event]) => event), values: events.filter(([event]) => event === "values").at(-1)?.[1],
});
"""
_COLLECT = """\
async function collect(parts) {
  const events = [];
  for await (const { event, data } of parts) events.push([event, data]);
  return events;
}
"""
_AT_WORK = """\
// Waits until a run on a thread has left a checkpoint, and has more to do.
async function atWork(client, threadId) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await attempt(() => client.threads.getHistory(threadId, { limit: 1 }));
    if (pick(answer, 0, "next")?.length) return;
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
"""
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
HELPERS = {
    "secret": _SECRET,
    "attempt": _ATTEMPT,
    "send": _SEND,
    "pick": _PICK,
    "created": _CREATED,
    "shown": _SHOWN,
    "showDifference": _SHOW_DIFFERENCE,
    "own": _OWN,
    "ending": _ENDING,
    "stream": _STREAM,
    "metadataOf": _METADATA,
    "objectOf": _OBJECT,
    "collect": _COLLECT,
    "atWork": _AT_WORK,
}
"""What is looked at of an answer, by the kind of `View`."""
