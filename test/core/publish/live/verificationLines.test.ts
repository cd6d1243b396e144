import assert from 'node:assert/strict';
import { verificationLines, type Verification } from '../../../../src/core/publish/live/verifySite';

const none = { count: 0, paths: [] };
const whole: Verification = {
  ...{ release: 'r', isWhole: true, isOtherRelease: false, isCutShort: false },
  ...{ changed: none, missing: none, headers: none, other: none },
};

describe('what a comparison with the current release found', () => {
  it('is one sentence when all is as it was published', () => {
    assert.deepEqual(verificationLines(whole), ['All that was published is there as it was published.']);
  });

  it('is a sentence for each kind, which names three paths and how many more there are', () => {
    const found = {
      ...{ ...whole, isWhole: false, isCutShort: true, isOtherRelease: true },
      changed: { count: 30, paths: ['a', 'b', 'c', 'd'] },
      ...{
        missing: { count: 1, paths: ['e'] },
        headers: { count: 1, paths: ['h'] },
        other: { count: 2, paths: ['f', 'g'] },
      },
    };
    const lines = verificationLines(found);
    assert.deepEqual(lines, [
      'The last publication was cut short.',
      'The server has the pages of another release than the last one.',
      '30 files were changed by others: a, b, c and 27 more.',
      '1 file is missing: e.',
      '1 file was given other headers by others: h.',
      '2 files were not published with Sitelift and are left alone: f, g.',
    ]);
    const all = verificationLines(found, Infinity);
    assert.equal(all[2], '30 files were changed by others: a, b, c, d and 26 more.');
  });
});
