import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlane } from '../sandbox';

/** Has the tests of a suite keep the tokens of sign-ins in a home folder of their own, and ends what was signed in to after each; gives the folder. */
export function inHomeOfItsOwn(): () => string {
  const before = process.env['HOME'];
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sitelift-home-'));
    process.env['HOME'] = home;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['HOME'];
    else process.env['HOME'] = before;
    await rm(home, { recursive: true });
    await controlPlane().send('DELETE', 'signIns');
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { signInSeconds: 0, signInAtHttp: 0 });
  });
  return () => home;
}
