'use strict';
// What a process of Stryker that runs tests requires first.
// From here, where they are found; the runner's mocha lies elsewhere.
require('tsx/cjs/api').register();
require('../setup/shellText.cjs');
require('../sandbox/takeSandbox.cjs');
