import assert from 'node:assert/strict';
import { mutated } from './fault';
import { MUTANTS } from './mutants';
import { sampleOnServer } from './sample';
import { SCRIPTS, startBench, type ScriptBench } from './scriptBench';

const SAMPLE = { contained: 8, emulated: 4 };

describe('a fault in a script', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench({ deploy: 'set_up_deploy', mount: 'set_up_mount_beside' });
  });
  after(() => bench?.stop());

  it('can be written into it', () => {
    for (const mutant of MUTANTS) assert.notEqual(mutated(SCRIPTS[mutant.script], mutant), SCRIPTS[mutant.script]);
  });

  for (const script of ['deploy', 'verify', 'mount', 'grow', 'inspect'] as const) {
    it(`is noticed wherever it is in ${script}.sh`, async () => {
      const faults = MUTANTS.filter((mutant) => mutant.script === script);
      const tried = sampleOnServer(faults, SAMPLE, `mutants ${script}`).map(async (mutant) => {
        const changed = { [script]: mutated(SCRIPTS[script], mutant) };
        const run = bench.run(mutant.area, `check_${mutant.noticedBy}`, changed);
        await assert.rejects(run, /not so: /, `“${mutant.fault}” is noticed by ${mutant.noticedBy}`);
      });
      await Promise.all(tried);
    });
  }
});
