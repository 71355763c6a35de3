"""Helpers of a script in Python: the script has those that it uses."""

from pytest_threadcopy.reproduction.evidence.views import OWN

HELPERS = {
    "attempt": """\
def attempt(call):
    \"\"\"Return the status and the answer of a call of the SDK, also where that is an error.\"\"\"
    try:
        return 200, call()
    except httpx.HTTPStatusError as error:
        error.response.read()
        return error.response.status_code, error.response.text
    except httpx.HTTPError as error:
        raise SystemExit(f"Not reproduced: a request was not answered: {error!r}") from None
""",
    "send": """\
def send(client, method, path, **options):
    \"\"\"Return the status and the answer of a request that the SDK has no method for.\"\"\"
    response = client.http.client.request(method, path, **options)
    try:
        return response.status_code, json.loads(response.text) if response.text else None
    except ValueError:
        return response.status_code, response.text
""",
    "pick": """\
def pick(answer, *place):
    \"\"\"Return what stands at a place in an answer, None where nothing does.\"\"\"
    value = answer[1]
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
""",
    "created": """\
def created(answer):
    \"\"\"Return the id of the thread that was created.\"\"\"
    thread_id = pick(answer, "thread_id")
    if thread_id is None:
        raise SystemExit(f"Not reproduced: no thread was created: {answer}")
    return thread_id
""",
    "shown": """\
def shown(answer, view=lambda body: body):
    \"\"\"Return an answer as lines that can be compared.\"\"\"
    status, body = answer
    body = view(json.loads(json.dumps(body))) if 200 <= status < 300 else body
    return [str(status), *json.dumps(body, indent=2, sort_keys=True).splitlines()]
""",
    "show_difference": """\
def show_difference(first, second, first_name, second_name):
    lines = list(difflib.unified_diff(first, second, first_name, second_name, lineterm=""))
    print("\\n".join(lines) or f"no difference: {first_name}, {second_name} (both answered {first[0]})")
""",
    "own": f"""\
def own(value, thread_id):
    \"\"\"Mark the thread's id where a thread state holds it: there alone may a copy differ.\"\"\"
    if isinstance(value, list):
        return [own(state, thread_id) for state in value]
    if isinstance(value, dict):
        configs = [value.get("config") or {{}}, value.get("parent_config") or {{}}, value]
        holders = [value, *(value.get(key) for key in ("checkpoint", "parent_checkpoint", "metadata"))]
        holders += [config.get("configurable") for config in configs]
        for task in value.get("tasks") or []:
            holders.append(task.get("checkpoint"))
            own(task.get("state"), thread_id)
        for holder in holders:
            if isinstance(holder, dict) and holder.get("thread_id") == thread_id:
                holder["thread_id"] = "{OWN}"
    return value
""",
    "ending": """\
def ending(state):
    asked = [one.get("value") for task in state.get("tasks") or [] for one in task.get("interrupts") or []]
    return {"values": state.get("values"), "next": state.get("next"), "interrupts": asked}
""",
    "without": """\
def without(value, key):
    return {name: kept for name, kept in value.items() if name != key} if isinstance(value, dict) else value
""",
    "metadata_of": """\
def metadata_of(thread, thread_id):
    kept = thread.get("metadata") or {}
    return {key: kept[key] for key in kept if key != "thread_id" or kept[key] != thread_id}
""",
    "object_of": """\
def object_of(thread):
    asked = thread.get("interrupts") or []
    listed = [one for task in asked.values() for one in task] if isinstance(asked, dict) else asked
    values = [one.get("value") for one in listed]
    return {"status": thread.get("status"), "values": thread.get("values"), "interrupts": values}
""",
    "stream": """\
def stream(events):
    values = [data for event, data in events if event == "values"]
    return {"events": [event for event, _ in events], "values": values[-1] if values else None}
""",
    "at_work": """\
def at_work(client, thread_id):
    \"\"\"Wait until a run on a thread has left a checkpoint, and has more to do.\"\"\"
    for _ in range(100):
        if pick(attempt(lambda: client.threads.get_history(thread_id, limit=1)), 0, "next"):
            return
        time.sleep(0.1)
""",
}
"""The helpers, by name, in the order in which a script has them."""
VIEWS = {
    "own": "lambda body: own(body, {own})",
    "tail": "lambda body: own(body[-{length}:], {own})",
    "ending": "ending",
    "count": "len",
    "metadata": "lambda body: metadata_of(body, {own})",
    "object": "object_of",
    "values": 'lambda body: without(body, "__interrupt__")',
    "stream": "stream",
    "status": "lambda body: None",
}
"""The function that shows an answer, by the kind of the `View`."""
