import assert from 'node:assert/strict';
import { spellings } from '../../../../src/core/html/spelling';
import { spellingNotes } from '../../../../src/core/publish/local/spelling';

const NFD = 'café/é.png'.normalize('NFD');

describe('spelling', () => {
  it('finds the file that another spelling means on a disk that takes both for one', () => {
    const find = spellings(['images/a.png', NFD, 'Straße.html']);
    assert.equal(find('Images/A.PNG'), 'images/a.png');
    assert.equal(find(NFD.normalize('NFC')), NFD);
    assert.equal(find('CAFÉ/É.png'), NFD);
    assert.equal(find('images/a.png'), undefined);
    assert.equal(find(NFD), undefined);
    assert.equal(find('images/b.png'), undefined);
  });

  it('says how a decomposed name must be linked to, and which names are two and not one', () => {
    assert.deepEqual(spellingNotes(['a.png', 'b.png', 'é.png'.normalize('NFC')]), []);
    const [first, ...none] = spellingNotes([NFD]);
    assert.deepEqual(none, []);
    assert.match(first ?? '', /works only if it is written cafe%CC%81\/e%CC%81\.png/);
    assert.deepEqual(spellingNotes(['a.png', 'A.png', 'A.PNG']), [
      '“a.png” and “A.png” and “A.PNG” differ only in case or accents: they are different files on the published site.',
    ]);
  });
});
