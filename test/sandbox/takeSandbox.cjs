'use strict';
// What a process that runs tests requires first, where several run side by side: it takes a sandbox that no other living process has.
const { existsSync, readFileSync, unlinkSync, writeFileSync } = require('node:fs');
const process = require('node:process');

/** @param {string} claim */
function take(claim) {
  if (existsSync(claim) && !isAlive(Number(readFileSync(claim, 'utf8')))) unlinkSync(claim);
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * @param {'POST' | 'DELETE'} method
 * @param {string} url
 * @param {string | null} [body]
 */
async function ask(method, url, body = null) {
  const response = await globalThis.fetch(url, { method, body });
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`);
}

// The process that only hands out the files to the others was not forked to run any.
if (process.send) {
  /** @type {{ claim: string, env: Record<string, string>, settings: string }[]} */
  const sandboxes = JSON.parse(readFileSync(process.env['SITELIFT_SANDBOXES'] ?? '', 'utf8'));
  const taken = sandboxes.find(({ claim }) => take(claim));
  if (!taken) throw new Error('Every sandbox is in use by another process.');
  Object.assign(process.env, taken.env);
  const admin = `${taken.env['SITELIFT_CONTROL_PLANE']}/sandbox`;
  module.exports.mochaHooks = {
    /** Before each file: what another one made, armed or set ends with it, whichever files a process gets; lists of what others left only get longer. */
    async beforeAll() {
      await ask('POST', `${admin}/reset`);
      await ask('POST', `${admin}/settings`, taken.settings);
    },
  };
}
