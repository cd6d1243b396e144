import { closeSync, openSync, readSync, watchFile, unwatchFile, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a test module prints in the extension host, brought to this terminal. */
export interface TestOutput {
  /** The module that VS Code is told to run. */
  readonly moduleFile: string;
  /** Prints what has not been printed yet, and stops watching. */
  finish(): void;
}

const POLL_MS = 100;

/**
 * Makes a module that runs the test module with everything that it prints written to a file. VS Code's own forwarding
 * of the console goes through the workbench: it loses the last lines and mixes in the workbench's.
 */
export async function forwardOutput(testsFile: string, folder: string): Promise<TestOutput> {
  const outputFile = join(folder, 'output.txt');
  const moduleFile = join(folder, 'tests.js');
  writeFileSync(outputFile, '');
  await writeFile(moduleFile, wrapper(testsFile, outputFile));
  const file = openSync(outputFile, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  function print(): void {
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      process.stdout.write(Uint8Array.prototype.slice.call(chunk, 0, size));
    }
  }
  watchFile(outputFile, { interval: POLL_MS }, print);
  return {
    moduleFile,
    finish() {
      unwatchFile(outputFile, print);
      print();
      closeSync(file);
    },
  };
}

function wrapper(testsFile: string, outputFile: string): string {
  return `
const { openSync, writeSync } = require('node:fs');
const { Writable } = require('node:stream');
const { format } = require('node:util');
const file = openSync(${JSON.stringify(outputFile)}, 'a');
exports.run = async () => {
  // VS Code guards the console against assignment, and the streams' write against any change.
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) {
    Object.defineProperty(console, name, { value: (...args) => void writeSync(file, format(...args) + '\\n') });
  }
  for (const name of ['stdout', 'stderr']) {
    const stream = new Writable({ write: (data, _encoding, done) => { writeSync(file, data); done(); } });
    Object.defineProperty(process, name, { value: stream });
  }
  const tests = require(${JSON.stringify(testsFile)});
  await (tests.run ?? tests.default.run)();
};
`;
}
