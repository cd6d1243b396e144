'use strict';
// Gives the text of an imported .sh file, as the bundler's text loader does.
const { readFileSync } = require('node:fs');
require.extensions['.sh'] = (module, file) => {
  module.exports = readFileSync(file, 'utf8');
};
