import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { waitFor } from '../../src/core/aws/wait';
import { waitUntilDeployed } from '../../src/core/resources/distribution/distribution';
import { controlPlane, newOp } from '../core/sandbox';
import { Viewer } from '../sandbox/viewer';
import { sample, SEED } from '../setup/sampling';
import { editions, type Edition } from './editions';
import { startReaders, type Seen } from './readers';
import { newSite, type SiteDriver } from './siteDriver';

const READERS = 8;
/** Each takes the emulated server some fifteen seconds, so `npm test` makes few. */
const PUBLICATIONS = SEED === undefined ? 20 : 4;
/** What readers come to: the server for pages, or the edges for everything; `npm test` tries one. */
const SERVED = sample(['images', 'site'] as const, 1, 'readers');
/** Of so many publications one brings the release back that was before. */
const ROLLBACK_EVERY = 4;
/** Files that were cut off as they were replaced: of a hundred thousand it was one, on an emulated server, where all takes twenty times as long. */
const MOST_TORN = 3;
const NUMBERS = 20_261_127;

for (const serves of SERVED) {
  describe(`readers of a site that is published again and again, whose distribution serves the ${serves}`, function () {
    this.timeout(1_800_000);
    let site: SiteDriver;
    let viewer: Viewer;
    /** Hosts of the pages and of the images. */
    let host: string;
    let domain: string;
    let edition: Edition | undefined;
    let next: Generator<Edition, never>;
    const published = new Map<string, Set<string>>();

    const origin = () => (serves === 'site' ? `https://${domain}` : `http://${host}`);
    const urlOf = (path: string) => `${path.endsWith('.svg') ? `https://${domain}` : origin()}/${path}`;
    /** Makes the folder the next edition, which counts as published from now on. */
    const write = async () => {
      const before = edition;
      edition = next.next().value;
      const { files, served } = edition;
      for (const [path, text] of served) {
        const url = urlOf(path);
        published.set(url, new Set([...(published.get(url) ?? []), text]));
      }
      for (const path of before?.files.keys() ?? []) if (!files.has(path)) await site.drop(path);
      for (const [path, text] of files) if (before?.files.get(path) !== text) await site.put(path, text);
    };

    before(async () => {
      viewer = new Viewer(
        process.env['HTTP_PROXY'] ?? '',
        readFileSync(process.env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8'),
      );
      site = await newSite((file) => void (file['distribution'] = { serves }));
      await site.provision();
      ({ host } = await site.server());
      ({ domain } = await waitUntilDeployed(site.context, newOp()));
      next = editions(domain, NUMBERS);
    });
    after(() => site.remove());

    it(`get whole pages with all that those need, during ${PUBLICATIONS} publications that rename, change and delete`, async () => {
      await write();
      await site.publish();
      const readers = startReaders(READERS, { viewer, origin: origin(), published });
      let seen: Seen | undefined;
      try {
        for (let number = 1; number <= PUBLICATIONS; number += 1) {
          const [former] = (await site.ledger()).former;
          if (former && number % ROLLBACK_EVERY === 0) {
            await site.rollback(former.at);
          } else {
            await write();
            await site.publish();
          }
        }
      } finally {
        seen = await readers.stop();
      }
      const { faults, files, late, pages, torn } = seen;
      console.log(
        `      ${pages} pages were read whole, ${Array.from(files.values()).join(' and ')} files; ${late} were asked for too late, ${torn.length} twice`,
      );
      assert.deepEqual([...new Set(faults)], []);
      assert.ok(torn.length <= MOST_TORN, torn.join(' '));
      assert.deepEqual([...files.keys()].sort(), serves === 'site' ? [domain] : [domain, host].sort());
      assert.ok(pages > READERS, `${pages} pages`);
    });

    it('get what was published last, and nothing that is no more', async () => {
      await site.publish();
      const pace = { firstSeconds: 0.2, slowestSeconds: 1, limitSeconds: 60 };
      const haveForgotten = async () => {
        const all = (await controlPlane().distributions()).flatMap(({ invalidations }) => invalidations);
        return all.every(({ status }) => status === 'Completed') ? true : undefined;
      };
      await waitFor('the edges to forget what was before', haveForgotten, pace, newOp());
      for (const url of published.keys()) {
        const { body, status } = await viewer.ask(url);
        const path = new URL(url).pathname.slice(1);
        const text = edition?.served.get(path);
        assert.equal(status === 200, text !== undefined, url);
        if (text !== undefined) assert.equal(body.toString(), text, urlOf(path));
      }
    });
  });
}
