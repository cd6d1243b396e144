import assert from 'node:assert/strict';
import { ClientCache } from '../../src/core/aws/clientCache';
import type { Clients } from '../../src/core/aws/clients';
import { ensureRole } from '../../src/core/resources/server/role';
import { known } from '../../src/core/resources/resource';
import { describeSite } from '../../src/core/resources/stack';
import { controlPlane, newOp } from '../core/sandbox';
import { addProfile } from '../sandbox/profiles';
import type { MadeUser } from '../sandbox/sandbox';
import { inSequence } from '../setup/sequence';
import { docsJson } from '../setup/workflow';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

describe('somebody who may publish and provision nothing', function () {
  this.timeout(900_000);
  inSequence(this);
  let site: SiteDriver;
  let clients: Clients;

  before(async () => {
    // Publishing a whole site with hashed names calls all that other ways of publishing call, and more.
    site = await newSite((file) => {
      Object.assign(file, { distribution: { serves: 'site' }, assets: { naming: 'hashed' } });
    });
    await site.put('index.html', '<!doctype html><title>one</title><img src="images/a.svg">\n');
    await site.put('images/a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
    await site.put('gone.html', '<!doctype html><title>gone</title><img src="images/gone.png">\n');
    await site.put('images/gone.png', 'gone');
    await site.provision();
    const { id } = site.context.site;
    const user = await controlPlane().make<MadeUser>('users', {
      name: `publisher-${id}`,
      policy: docsJson('iam-policy-publish.json', site.context.site) as object,
    });
    await addProfile({ env: process.env as Record<string, string> }, id, {
      aws_access_key_id: user.accessKeyId,
      aws_secret_access_key: user.secretAccessKey,
    });
    clients = await new ClientCache().clientsFor({ profile: id, region: site.context.site.region });
  });
  after(() => site.remove());

  it('sees a server that is ready, since its agent answers', async () => {
    const have = await describeSite({ ...site.context, clients }, newOp());
    const server = known(have.server) ?? assert.fail('the server is unknown');
    assert.deepEqual([server.online, server.role, server.inspectionProblem], [true, 'ready', undefined]);
    assert.equal(known(have.bucket)?.policy, undefined);
  });

  it('publishes a finished site, and publishes it again', async () => {
    const first = await site.publish(clients);
    assert.ok(
      first.some((key) => key.startsWith('upload ')),
      first.join(),
    );
    const { host } = await site.server();
    assert.match(await eventually(host, 'index.html'), /<title>one<\/title>/);
    assert.deepEqual(await site.publish(clients), []);
    await site.put('index.html', '<!doctype html><title>two</title><img src="images/a.svg">\n');
    await site.put('images/a.svg', '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>\n');
    const second = await site.publish(clients);
    assert.ok(
      second.some((key) => key.startsWith('invalidate ')),
      second.join(),
    );
    assert.match(fetched(host, 'index.html').body, /<title>two<\/title>/);
  });

  it('removes, brings back, compares and publishes everything again', async () => {
    const { current } = await site.ledger();
    await site.drop('gone.html');
    await site.drop('images/gone.png');
    const removed = await site.publish(clients);
    assert.ok(
      removed.some((key) => key.startsWith('remove ')),
      removed.join(),
    );
    const { host } = await site.server();
    assert.equal(fetched(host, 'gone.html').status, '404');
    assert.ok((await site.rollback(current?.at ?? assert.fail('nothing was published'), clients)).length > 0);
    assert.match(await eventually(host, 'gone.html'), /<title>gone<\/title>/);
    assert.equal((await site.verify(clients)).isWhole, true);
    assert.ok((await site.publishEverything(clients)).length > 0);
    assert.equal((await site.verify(clients)).isWhole, true);
  });

  it('may not change what the site is made of', async () => {
    const context = { ...site.context, clients };
    const { volume } = await describeSite(context, newOp());
    assert.equal(volume.kind, 'known');
    await assert.rejects(
      ensureRole(context, newOp()),
      /AccessDenied: .* iam:GetRole .* name it as “server\.instanceProfile”/,
    );
  });
});
