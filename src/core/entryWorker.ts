// The worker's chunk: what runs in a thread of its own.
import { parentPort } from 'node:worker_threads';
import { TASKS, type Answer, type Message } from './worker/tasks';

async function answerTo({ name, value }: Message): Promise<Answer> {
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
  void answerTo(message).then((answer) => {
    if (message.asked) parentPort?.postMessage(answer);
  });
});
