'use strict';
// What a process of Stryker that runs tests requires first.
const process = require('node:process');
const { setTimeout } = require('node:timers');
// From here, where they are found; the runner's mocha lies elsewhere.
require('tsx/cjs/api').register();
require('../setup/shellText.cjs');
// It empties the sandbox before each mutant as it does before each file: one that was ended leaves what it armed.
const { mochaHooks } = require('../sandbox/takeSandbox.cjs');

/** Longer than any test takes on a loaded machine; the runner itself would wait for half again as long as all tests take. */
const TEST_LIMIT_MS = 90_000;
let hangs = false;
exports.mochaHooks = {
  ...mochaHooks,
  /** @this {import('mocha').Context} */
  beforeEach() {
    this.currentTest?.timeout(TEST_LIMIT_MS);
  },
  /** @this {import('mocha').Context} */
  afterEach() {
    hangs ||= this.currentTest?.timedOut ?? false;
  },
  // What hangs goes on calling AWS, which other mutants' tests would count; they get another process.
  afterAll() {
    if (hangs) setTimeout(() => process.exit(1), 500);
  },
};
