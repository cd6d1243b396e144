'use strict';
// Gives the text of an imported .sh file, as the bundler's text loader does.
const { readFileSync } = require('node:fs');

/** @type {(module: NodeJS.Module, file: string) => void} */
const loadText = (module, file) => {
  module.exports = readFileSync(file, 'utf8');
};
require.extensions['.sh'] = loadText;
