// LangGraph's how-to "Copying Threads" with the JavaScript SDK: create a thread, run, copy, verify.
//
//   node guide.mjs <deployment url> create <metadata> | run <thread id> | copy <thread id>
//                                   | verify <thread id> <copied thread id> | page <thread id> | history <thread id>
import { Client } from "@langchain/langgraph-sdk";

const [deploymentUrl, step, ...args] = process.argv.slice(2);
const client = new Client({ apiUrl: deploymentUrl });
const assistantId = "threadcopy_plain";

async function create(metadata) {
  const thread = await client.threads.create({ metadata: JSON.parse(metadata) });
  console.log(thread.thread_id);
}

async function run(threadId) {
  const messages = [{ role: "user", content: "hi" }];
  await client.runs.wait(threadId, assistantId, { input: { messages } });
}

async function copy(threadId) {
  const copiedThread = await client.threads.copy(threadId);
  console.log(copiedThread.thread_id);
}

async function verify(threadId, copiedThreadId) {
  const removeThreadId = (state) => {
    delete state.metadata?.thread_id;
    return state;
  };
  const originalHistory = (await client.threads.getHistory(threadId)).map(removeThreadId);
  const copiedHistory = (await client.threads.getHistory(copiedThreadId)).map(removeThreadId);

  // As the guide has it. In node `console.assert` prints and goes on: the next line is reached either way.
  console.assert(JSON.stringify(originalHistory) === JSON.stringify(copiedHistory));
  console.log("The histories are the same.");
}

// What the guide takes for the history: it sends no limit, and the SDK then sends 10.
async function page(threadId) {
  console.log(JSON.stringify(await client.threads.getHistory(threadId)));
}

// The history, with the limit that the guide leaves out.
async function history(threadId) {
  console.log(JSON.stringify(await client.threads.getHistory(threadId, { limit: 100 })));
}

await { create, run, copy, verify, page, history }[step](...args);
