import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { pathBelow } from '../../src/core/pathBelow';

describe('the path below a folder', () => {
  it('has slashes on every platform', () => {
    assert.equal(pathBelow('/w/site', '/w/site/images/a.png', posix), 'images/a.png');
    assert.equal(pathBelow('C:\\w\\site', 'C:\\w\\site\\images\\a.png', win32), 'images/a.png');
    assert.equal(pathBelow('C:\\w\\site', 'c:/W/Site/images/a.png', win32), 'images/a.png');
    assert.equal(pathBelow('\\\\server\\share', '\\\\server\\share\\images\\a.png', win32), 'images/a.png');
    assert.equal(pathBelow('C:\\', 'C:\\images\\a.png', win32), 'images/a.png');
    assert.equal(pathBelow('/', '/images/a.png', posix), 'images/a.png');
  });

  it('keeps names that only look like a way out', () => {
    assert.equal(pathBelow('/w/site', '/w/site/..a.png', posix), '..a.png');
    assert.equal(pathBelow('/w/site', '/w/site/..\\a.png', posix), '..\\a.png');
    assert.equal(pathBelow('C:\\w\\site', 'C:\\w\\site\\...\\a.png', win32), '.../a.png');
  });

  it('is empty for the folder itself', () => {
    assert.equal(pathBelow('/w/site', '/w/site/', posix), '');
    assert.equal(pathBelow('C:\\w\\site', 'c:\\w\\site', win32), '');
  });

  it('is none for what lies outside', () => {
    for (const file of ['/w', '/w/other.png', '/w/site-2/a.png', '/w/site/../a.png']) {
      assert.equal(pathBelow('/w/site', file, posix), undefined, file);
    }
    for (const file of ['C:\\w', 'C:\\w\\site-2\\a.png', 'D:\\w\\site\\a.png', '\\\\server\\share\\a.png']) {
      assert.equal(pathBelow('C:\\w\\site', file, win32), undefined, file);
    }
    assert.equal(pathBelow('\\\\server\\share', '\\\\server\\other\\a.png', win32), undefined);
  });
});
