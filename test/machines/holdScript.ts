import assert from 'node:assert/strict';
import { sampleOnServer } from './sample';
import { expectKills, startBench, type ScriptBench } from './scriptBench';

/** A script of the server, with the functions in `guest/<area>.sh` that try it out. */
export interface HeldScript {
  readonly name: string;
  readonly area: Parameters<ScriptBench['run']>[0];
  /** The checks of `guest/<area>.sh`, each without its `check_`, and what each promises. */
  readonly promises: Readonly<Record<string, string>>;
  /** At least so many commands of it change something. */
  readonly changes: number;
  /** How many of these are tried out in `npm test`, by where the server runs. */
  readonly kills: Parameters<typeof sampleOnServer>[1];
}

/** Holds a script to its promises on real servers, and to the same end after it was killed at any moment. */
export function holdScript({ area, changes, kills, name, promises }: HeldScript): void {
  describe(`${name}.sh on a real server`, function () {
    this.timeout(1_800_000);
    let bench: ScriptBench;
    before(async () => {
      bench = await startBench({ [area]: 'set_up_mount' });
    });
    after(() => bench?.stop());

    for (const [check, promise] of Object.entries(promises)) {
      it(promise, async () => void (await bench.run(area, `check_${check}`)));
    }

    it('killed before any of its commands that changes something, comes to the same end the next time', async () => {
      const commands = (await bench.run(area, `changes_of_${name}`)).trim().split('\n');
      assert.ok(commands.length >= changes, `${commands.length} commands`);
      await expectKills(bench, area, `kills_${name}`, sampleOnServer(commands, kills, name));
    });
  });
}
