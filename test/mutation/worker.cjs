'use strict';
// What a process of Stryker that runs tests requires first: it takes a sandbox that no other living process has.
const { existsSync, readFileSync, unlinkSync, writeFileSync } = require('node:fs');
const process = require('node:process');
// From here, where they are found; the runner's mocha lies elsewhere.
require('tsx/cjs/api').register();
require('../setup/shellText.cjs');

/** @type {{ claim: string, env: Record<string, string> }[]} */
const sandboxes = JSON.parse(readFileSync(process.env['SITELIFT_SANDBOXES'] ?? '', 'utf8'));

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

const taken = sandboxes.find(({ claim }) => take(claim));
if (!taken) throw new Error('Every sandbox is in use by another process.');
Object.assign(process.env, taken.env);
