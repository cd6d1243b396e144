import assert from 'node:assert/strict';
import { cachedNotes, folderMemory } from '../../../src/core/release/folderMemory';
import { newMemoryCache } from './memoryCache';

const HERE = { folder: 'site', commit: undefined };
const NAME = 'memory';

describe('what a folder remembers', () => {
  it('is who it is and the release that it saw last, from one time to the next', async () => {
    const notes = cachedNotes(newMemoryCache(), NAME);
    const first = await folderMemory(notes, { folder: 'site', commit: 'c'.repeat(40) });
    assert.deepEqual(
      [first.origin.folder, first.origin.commit, first.seenRelease],
      ['site', 'c'.repeat(40), undefined],
    );
    await first.remember('one');
    const second = await folderMemory(notes, HERE);
    assert.deepEqual([second.origin.place, second.seenRelease], [first.origin.place, 'one']);
    assert.ok(!('commit' in second.origin));
  });

  it('is known before anything was published, and written only when it is something else', async () => {
    const written: unknown[] = [];
    const notes = {
      read: () => Promise.resolve(written.at(-1)),
      write: async (note: object) => void written.push(note),
    };
    const { origin } = await folderMemory(notes, HERE);
    assert.deepEqual(written, [{ place: origin.place }]);
    const again = await folderMemory(notes, HERE);
    await again.remember('one');
    await (await folderMemory(notes, HERE)).remember('one');
    assert.deepEqual(written.slice(1), [{ place: origin.place, release: 'one' }]);
  });

  it('counts as nothing where somebody else has written something else', async () => {
    for (const text of [
      '',
      'no JSON',
      'null',
      '[]',
      '"place"',
      '{}',
      '{"place":""}',
      '{"place":7}',
      '{"place":"p","release":7}',
    ]) {
      const cache = newMemoryCache();
      await cache.put(NAME, Buffer.from(text));
      const { origin, seenRelease } = await folderMemory(cachedNotes(cache, NAME), HERE);
      assert.match(origin.place, /^[\da-f-]{36}$/, text);
      assert.equal(seenRelease, undefined, text);
      assert.deepEqual(JSON.parse((await cache.get(NAME))?.toString() ?? ''), { place: origin.place }, text);
    }
  });
});
