import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context } from '../../src/core/context';
import { run } from '../../src/core/plan';
import { planPower, type PowerChange } from '../../src/core/resources/server/power';
import { known } from '../../src/core/resources/resource';
import { planProvision } from '../../src/core/resources/planProvision';
import { describeSite, type ResourceName } from '../../src/core/resources/stack';
import { parseSite } from '../../src/core/site';
import { newOp } from '../core/sandbox';
import { keysOf } from '../core/resources/provisioned';
import { eventually, newSite, type SiteDriver } from './siteDriver';

const BYTES = randomBytes(500_000).toString('base64');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const MIB = 1024 ** 2;

describe('the second day of a real server', function () {
  this.timeout(1_200_000);
  let site: SiteDriver;
  before(async () => {
    site = await newSite((file) => {
      file['volume'] = { sizeGib: 1, partitionMib: 250 };
    });
    await site.put('index.html', '<!doctype html><title>demo</title>\n');
    await site.put('kept.txt', BYTES);
    await site.provision();
    await site.publish();
  });
  after(() => site?.remove());

  /** The same site with other wishes. */
  const asking = (wish: Record<string, object>): Context => ({
    clients: site.context.clients,
    site: parseSite(JSON.stringify({ ...site.context.site, ...wish })),
  });
  async function provision(context: Context, what: ResourceName): Promise<string[]> {
    const plan = planProvision(what, context, await describeSite(context, newOp()));
    await run(plan, newOp());
    return keysOf(plan);
  }
  async function power(change: PowerChange): Promise<string[]> {
    const plan = planPower(change, site.context, await site.describe());
    await run(plan, newOp());
    return keysOf(plan);
  }
  const mount = async (context: Context) =>
    known((await describeSite(context, newOp())).server)?.inspection?.mount ?? assert.fail('nothing is mounted');
  const bootId = async () => (await site.inside('cat /proc/sys/kernel/random/boot_id')).trim();

  /** Fetches a file again and again while something is done; all answers are whole and alike. */
  async function served<Result>(work: () => Promise<Result>): Promise<Result> {
    const { host } = await site.server();
    let isOver = false;
    let count = 0;
    const readers = Array.from({ length: 2 }, async () => {
      while (!isOver) {
        const { stdout } = await promisify(execFile)('curl', ['-sSf', '--max-time', '60', `http://${host}/kept.txt`], {
          maxBuffer: 10 * MIB,
        });
        assert.equal(createHash('sha256').update(stdout).digest('hex'), SHA256);
        count += 1;
      }
    });
    const result = await Promise.all([work().finally(() => (isOver = true)), ...readers]);
    assert.ok(count > 0);
    return result[0];
  }
  const keeps = async () =>
    assert.match(await site.inside('sync; sha256sum /var/www/html/kept.txt'), new RegExp(`^${SHA256} `));

  it('makes partition and file system as large as asked, and then all of the volume, while its pages are read', async () => {
    assert.equal((await mount(site.context)).sizeBytes, 250 * MIB);
    for (const volume of [{ sizeGib: 1, partitionMib: 400 }, { sizeGib: 1 }]) {
      const context = asking({ volume });
      assert.deepEqual(await served(() => provision(context, 'volume')), ['growFileSystem']);
      const { fileSystemBytes, roomBytes, sizeBytes } = await mount(context);
      assert.equal(sizeBytes, volume.partitionMib ? 400 * MIB : roomBytes);
      assert.equal(fileSystemBytes, sizeBytes);
      await keeps();
      assert.deepEqual(await provision(context, 'volume'), []);
    }
  });

  it('refuses to make them smaller, before anything is done', async () => {
    const smaller = asking({ volume: { sizeGib: 1, partitionMib: 400 } });
    await assert.rejects(
      async () => planProvision('volume', smaller, await describeSite(smaller, newOp())),
      /has 1022 MiB, and sitelift\.json asks for 400 MiB\. Sitelift makes no partition smaller: write 1022 as/,
    );
  });

  it('grows from 1 to 2 GiB, once the server sees it, while its pages are read', async () => {
    const context = asking({ volume: { sizeGib: 2 } });
    // The sandbox’s disks do not grow while they are in use, as those of EC2 do; the server sees it with its next boot.
    await assert.rejects(provision(context, 'volume'), /has its new size, but the server still sees 1024 MiB/);
    const before = await bootId();
    assert.deepEqual(await power('reboot'), ['rebootInstance']);
    assert.notEqual(await bootId(), before);
    await eventually((await site.server()).host, 'kept.txt');
    assert.deepEqual(await served(() => provision(context, 'volume')), ['growFileSystem']);
    const { diskBytes, fileSystemBytes, sizeBytes } = await mount(context);
    assert.deepEqual([diskBytes, sizeBytes, fileSystemBytes], [2048 * MIB, 2046 * MIB, 2046 * MIB]);
    await keeps();
    assert.deepEqual(await provision(context, 'volume'), []);
  });

  it('goes off and on again, with its pages at another address', async () => {
    const { host } = await site.server();
    assert.deepEqual(await power('stop'), ['stopInstance']);
    assert.deepEqual(await power('stop'), []);
    assert.deepEqual(await power('start'), ['startInstance', 'agent']);
    const { host: now } = await site.server();
    assert.notEqual(now, host);
    assert.equal(await eventually(now, 'kept.txt'), BYTES);
  });

  it('becomes one of another type that serves the same pages', async () => {
    const context = asking({ server: { instanceType: 't3.small' }, volume: { sizeGib: 2 } });
    assert.deepEqual(await provision(context, 'server'), ['stopInstance', 'instanceType', 'startInstance', 'agent']);
    const have = known((await describeSite(context, newOp())).server);
    assert.deepEqual([have?.instanceType, have?.online], ['t3.small', true]);
    assert.equal(await eventually((await site.server()).host, 'kept.txt'), BYTES);
    await keeps();
    assert.deepEqual(await provision(context, 'volume'), []);
  });
});
