// The worker's chunk: what runs in a thread of its own.
import { parentPort } from 'node:worker_threads';
import { TASKS, type Answer, type Message, type Outcome } from './worker/tasks';

async function outcomeOf({ name, value }: Message): Promise<Outcome> {
  try {
    // Name and value belong together, which the type of a union cannot say.
    const run = TASKS[name] as (given: unknown) => unknown;
    return { value: await run(value) };
  } catch (error) {
    if (error instanceof Error) return { error, properties: { ...error } };
    throw error;
  }
}

parentPort?.on('message', (message: Message) => {
  const { id } = message;
  void outcomeOf(message).then((outcome) => {
    if (id !== undefined) parentPort?.postMessage({ id, outcome } satisfies Answer);
  });
});
