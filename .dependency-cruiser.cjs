/** The house's walls: which modules may know of which. Types count as well. */
module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two modules that know of each other are one; move what both need to the ground floor.',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { circular: true },
    },
    {
      name: 'no-shell-in-core',
      comment: 'The core knows nothing of VS Code and of the shell; it runs in plain Node.',
      severity: 'error',
      from: { path: '^src/core' },
      to: { path: '^(src/shell|src/extension|vscode$)' },
    },
    {
      name: 'no-test-in-product',
      comment: 'What is shipped does not depend on its tests.',
      severity: 'error',
      from: { path: '^src' },
      to: { path: '^test' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out)/' },
  },
};
