import assert from 'node:assert/strict';
import type { Plan } from '../../../src/core/plan';
import { publishedText, toDoText, type News } from '../../../src/core/publish/news';

const plan: Plan = [[{ key: 'turn', title: 'begin', run: () => Promise.resolve() }]];

describe('the news of a publication', () => {
  const texts = (given: Partial<Omit<News, 'summary'>>, pages: object, assets: object) => {
    const summary = {
      pages: { count: 12, ...pages },
      assets: { ...{ added: 0, changed: 0, unchanged: 0 }, ...assets },
    } as unknown as News['summary'];
    const news: News = { ...{ plan, reason: 'changed', removed: [] }, ...given, summary };
    return [publishedText('Far Shores', news), toDoText('Far Shores', news)];
  };

  it('is what changed, each in its number, and not what stays', () => {
    const pages = { added: [], changed: ['index.html'], removed: ['old.html'] };
    const removed = ['a.png', 'b.png', 'old.html'];
    assert.deepEqual(texts({ removed }, pages, { added: 1, changed: 1, unchanged: 19 }), [
      'Published “Far Shores”: 1 page changed, 2 assets uploaded, 3 files removed.',
      'To do: 1 page to put in place, 2 of 21 assets to upload, 3 files to remove.',
    ]);
    assert.deepEqual(texts({}, { added: ['a.html', 'b.html'], changed: ['c.html'], removed: [] }, {}), [
      'Published “Far Shores”: 2 pages added, 1 page changed.',
      'To do: 3 pages to put in place.',
    ]);
  });

  it('is how many pages there are when it is not known which of them differ, or none does', () => {
    assert.deepEqual(texts({ reason: 'first release' }, {}, { added: 21 }), [
      'Published “Far Shores”: 12 pages and other files put in place, 21 assets uploaded.',
      'To do: 12 pages and other files to put in place, 21 of 21 assets to upload.',
    ]);
    const none = { count: 1, added: [], changed: [], removed: [] };
    assert.deepEqual(texts({ reason: 'new server' }, none, {}), [
      'Published “Far Shores”: 1 page or other file put in place.',
      'To do: 1 page or other file to put in place.',
    ]);
  });

  it('is that of the settings, alone or beside the pages', () => {
    const none = { added: [], changed: [], removed: [] };
    assert.deepEqual(texts({ reason: 'other settings' }, none, {}), [
      'Published “Far Shores”: other settings of the web server put in place.',
      'To do: other settings of the web server to put in place.',
    ]);
    const [both] = texts({ reason: 'changed, with other settings' }, { ...none, changed: ['a.html'] }, {});
    assert.equal(both, 'Published “Far Shores”: 1 page changed, other settings of the web server put in place.');
  });

  it('does not stay without words when what there is to do is no page and no asset', () => {
    const none = { added: [], changed: [], removed: [] };
    assert.deepEqual(texts({ reason: undefined }, none, { unchanged: 3 }), [
      'Published “Far Shores”: pages and assets stay as they are.',
      'To do: pages and assets stay as they are.',
    ]);
  });

  it('is what there is when there is nothing to do', () => {
    const upToDate = 'Up to date: 12 pages and other files, 1 asset.';
    assert.deepEqual(texts({ plan: [], reason: undefined }, {}, { unchanged: 1 }), [upToDate, upToDate]);
  });
});
