import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensurePackages } from './packages';

/** Notes when it starts and ends, and knows the package as installed afterwards. */
const APT_GET = `#!/bin/sh
echo "start $*" >> "$0.log"; sleep 0.2; echo "end $*" >> "$0.log"
for name; do :; done
touch "$(dirname "$0")/$name.installed"`;
const DPKG_QUERY = `#!/bin/sh
for name; do :; done
[ -e "$(dirname "$0")/$name.installed" ] && echo "install ok installed"`;

describe('the system packages', () => {
  const path = process.env['PATH'];
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-apt-'));
    await writeFile(join(folder, 'apt-get'), APT_GET, { mode: 0o755 });
    await writeFile(join(folder, 'dpkg-query'), DPKG_QUERY, { mode: 0o755 });
    process.env['PATH'] = [folder, path].join(delimiter);
  });

  after(async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true });
  });

  it('are installed one set after the other, each once, or named for who may not install them', async () => {
    const asked = Promise.all([ensurePackages(['first']), ensurePackages(['second']), ensurePackages(['first'])]);
    if (process.getuid?.() !== 0) {
      await assert.rejects(asked, /missing: first\. Install them \(on Debian: sudo apt-get install first\)/);
      return;
    }
    await asked;
    const lines = (await readFile(join(folder, 'apt-get.log'), 'utf8')).trim().split('\n');
    const words = lines.map((line) => [line.split(' ')[0], line.split(' ')[1], line.split(' ').at(-1)].join(' '));
    assert.deepEqual(words, [
      ...['start update -qq', 'end update -qq', 'start install first', 'end install first'],
      ...['start update -qq', 'end update -qq', 'start install second', 'end install second'],
    ]);
  });
});
