/**
 * The scenario kit in JavaScript: one small graph for each role, free of models and network.
 *
 * Deploy this file beside your own graphs: it imports @langchain/langgraph and nothing else. Each graph is named
 * `threadcopy_<role>`. An assistant whose graph id is that name plays the role without any setting.
 * `graphs.py` is the same kit in Python, and its comments give the reasons. Change both, or neither.
 */
import { Annotation, END, START, StateGraph, interrupt } from "@langchain/langgraph";

const messages = Annotation({ reducer: (before, added) => before.concat(added), default: () => [] });
const counter = Annotation({ reducer: (before, added) => before + added, default: () => 0 });
const State = Annotation.Root({
  messages,
  counter,
  data: Annotation(),
  fails: Annotation(),
  seconds: Annotation(),
});

const say = (name, content) => ({ messages: [{ role: name, content }], counter: 1 });

const greet = (state) => say("greet", `message ${state.messages.length}`);

const count = (state) => say("count", `counter ${state.counter}`);

const ask = (state) => say("ask", interrupt({ question: "Which way?", counter: state.counter }));

const fetches = new Map();

/** Finish at once, with three writes; `data.fetches` is how often this task ran (1, unless its writes were lost). */
const fetch = (_state, config) => {
  const task = config.metadata.langgraph_checkpoint_ns;
  fetches.set(task, (fetches.get(task) ?? 0) + 1);
  return { ...say("fetch", "fetched"), data: { fetched: [1, 2, 3], fetches: fetches.get(task) } };
};

const fail = (state) => {
  if (state.fails ?? true) throw new Error("this graph fails on purpose");
  return say("fail", "did not fail");
};

const wait = async (state) => {
  await new Promise((resolve) => setTimeout(resolve, 1000 * (state.seconds ?? 0.5)));
  return say("wait", "waited");
};

/** Add the nodes, one after another, to a graph that has none yet, and compile it. */
const chain = (graph, nodes) => {
  const names = Object.keys(nodes);
  for (const name of names) graph.addNode(name, nodes[name]);
  [START, ...names].forEach((before, index) => graph.addEdge(before, names[index] ?? END));
  return graph.compile();
};

const inner = chain(
  new StateGraph({
    stateSchema: State,
    input: Annotation.Root({ counter }),
    output: Annotation.Root({ messages }),
  }),
  { ask, count },
);

export const threadcopy_plain = chain(new StateGraph(State), { greet, count });
export const threadcopy_interrupting = chain(new StateGraph(State), { greet, ask, count });
export const threadcopy_nested = chain(new StateGraph(State), { greet, inner, count });
export const threadcopy_parallel = new StateGraph(State)
  .addNode("fetch", fetch)
  .addNode("ask", ask)
  .addNode("count", count)
  .addEdge(START, "fetch")
  .addEdge(START, "ask")
  .addEdge("fetch", "count")
  .addEdge("ask", "count")
  .addEdge("count", END)
  .compile();
export const threadcopy_failing = chain(new StateGraph(State), { greet, fail });
export const threadcopy_slow = chain(new StateGraph(State), { greet, wait, count });
export const threadcopy_configured = (config) =>
  chain(new StateGraph(State), { greet, ...(config.configurable?.gate ? { gate: ask } : {}), count });
