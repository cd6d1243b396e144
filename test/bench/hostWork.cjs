'use strict';
// What the benchmark lets VS Code run in its extension host: it publishes the folder that is open whenever a line comes, and answers with what that took.
const { once } = require('node:events');
const { connect } = require('node:net');
const { performance } = require('node:perf_hooks');
const process = require('node:process');
const { createInterface } = require('node:readline');
const vscode = require('vscode');

/** @param {object} options */
async function publish(options) {
  const startedMs = performance.now();
  try {
    await vscode.commands.executeCommand('sitelift.publishSite', options);
    return { seconds: (performance.now() - startedMs) / 1000 };
  } catch (error) {
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

exports.run = async () => {
  const socket = connect(Number(process.env['SITELIFT_BENCH_PORT']), '127.0.0.1');
  createInterface({ input: socket }).on('line', (line) => {
    void publish(JSON.parse(line)).then((outcome) => socket.write(`${JSON.stringify(outcome)}\n`));
  });
  await once(socket, 'close');
};
