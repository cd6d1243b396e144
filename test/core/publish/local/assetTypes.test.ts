import assert from 'node:assert/strict';
import { lookup } from 'mime-types';
import { ASSET_EXTENSIONS, isAsset, isOnServerToo } from '../../../../src/core/publish/local/assetTypes';

const IMAGES = 'apng avif bmp gif ico jfif jpeg jpg jxl png svg tif tiff webp';
const FILMS = 'm4v mov mp4 ogv webm';
const SOUNDS = 'aac flac m4a mp3 oga ogg opus wav';

describe('an asset', () => {
  it('is an image, a film, a sound or a PDF, whatever the case of its ending', () => {
    for (const [endings, type] of [
      [IMAGES, /^image\//],
      [FILMS, /^video\//],
      [SOUNDS, /^audio\//],
      ['pdf', /\/pdf$/],
    ] as const) {
      for (const ending of endings.split(' ')) {
        assert.ok(isAsset(`a/b.${ending}`) && isAsset(`B.${ending.toUpperCase()}`), ending);
        assert.match(lookup(ending) || '', type);
      }
    }
    assert.equal(ASSET_EXTENSIONS.length, [IMAGES, FILMS, SOUNDS, 'pdf'].join(' ').split(' ').length);
    for (const path of ['a.html', 'a.css', 'a.js', 'png', 'a.png.txt', 'png/a', 'a', 'a.'])
      assert.ok(!isAsset(path), path);
  });

  it('goes to the server as well when it is a drawing', () => {
    assert.ok(isOnServerToo('a/b.svg') && isOnServerToo('A.SVG'));
    assert.ok(!isOnServerToo('a.png') && !isOnServerToo('svg'));
  });
});
