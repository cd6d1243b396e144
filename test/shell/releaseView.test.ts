import assert from 'node:assert/strict';
import { releaseView } from '../../src/shell/views/releaseView';

const RELEASE = {
  ...{ host: 'desk', folder: 'site', place: 'here', id: 'f'.repeat(40), by: 'arn:aws:iam::1:user/me' },
  ...{ at: '2026-11-24T00:14:00.000Z', counts: { added: 2, changed: 0, removed: 0 }, base: '' },
  changes: { pages: [], assets: [] },
};

describe('the row of a release', () => {
  it('says of what a server served before the site that it is that, also when it is back', () => {
    const imported = { ...RELEASE, imported: '1764328000' };
    assert.match(releaseView(imported, false).state, /^what the server served before · 2 new$/);
    assert.match(releaseView(imported, false).tooltip.join('\n'), /before the site’s first publication/);
    const back = releaseView({ ...imported, restores: RELEASE.at }, true);
    assert.match(back.state, /^live · brought back .* · what the server served before · 2 new$/);
    assert.doesNotMatch(releaseView(RELEASE, false).state, /before/);
  });
});
