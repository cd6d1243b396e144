/** Makes the tests of a suite build on each other: once one has failed, the others are reported as failed without being run. */
export function inSequence(suite: Mocha.Suite): void {
  let failed: string | undefined;
  suite.beforeEach('what the test builds on', () => {
    if (failed !== undefined) throw new Error(`Not run, since “${failed}” failed before.`);
  });
  suite.afterEach(function () {
    if (this.currentTest?.state === 'failed') failed ??= this.currentTest.title;
  });
}
