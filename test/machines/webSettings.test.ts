import { startBench, type ScriptBench } from './scriptBench';

for (const platform of ['ubuntu', 'amazon-linux'] as const) {
  describe(`the settings of the web server on a real one (${platform})`, function () {
    this.timeout(900_000);
    let bench: ScriptBench;
    before(async () => (bench = await startBench({ deploy: 'set_up_deploy' }, platform, 1)));
    after(() => bench?.stop());

    it('compress, answer with 304 and an error page, redirect, cache by pattern, and show nothing that is not a page', async () =>
      void (await bench.run('deploy', 'check_web')));
  });
}
