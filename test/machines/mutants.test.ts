import assert from 'node:assert/strict';
import { mutated } from './fault';
import { MUTANTS } from './mutants';
import { sample } from './sample';
import { SCRIPTS, startBench, type ScriptBench } from './scriptBench';

const SAMPLE = 4;

describe('a fault in a script', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench();
    await bench.run('deploy', 'set_up_deploy');
    await bench.run('mount', 'set_up_mount_beside');
  });
  after(() => bench?.stop());

  it('can be written into it', () => {
    for (const mutant of MUTANTS) assert.notEqual(mutated(SCRIPTS[mutant.script], mutant), SCRIPTS[mutant.script]);
  });

  for (const script of ['deploy', 'mount', 'inspect'] as const) {
    const faults = MUTANTS.filter((mutant) => mutant.script === script);
    for (const mutant of sample(faults, SAMPLE, `mutants${SCRIPTS[script]}`)) {
      it(`is noticed: ${script}.sh: ${mutant.fault}`, async () => {
        const changed = { [script]: mutated(SCRIPTS[script], mutant) };
        await assert.rejects(bench.run(mutant.area, `check_${mutant.noticedBy}`, changed), /not so: /);
      });
    }
  }
});
