import { PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../src/core/context';
import { bucketName } from '../../src/core/names';
import { run } from '../../src/core/plan';
import type { GeoRestriction } from '../../src/core/resources/distribution/geoRestriction';
import { planRestriction } from '../../src/core/resources/distribution/planRestriction';
import { known } from '../../src/core/resources/resource';
import { describeSite } from '../../src/core/resources/stack';
import { distributionView } from '../../src/shell/views/distributionView';
import { provision } from '../core/resources/provisioned';
import { newContext, newOp } from '../core/sandbox';
import { enterSandbox } from '../sandbox/enterSandbox';
import { startSandbox, type Sandbox } from '../sandbox/sandbox';
import { launchBrowser, type Browser } from '../vscode/browser';

describe('readers of a distribution with a geo restriction', () => {
  let sandbox: Sandbox;
  let leave: () => void;
  let browser: Browser;
  let context: Context;
  let url: string;

  before(async () => {
    sandbox = await startSandbox({ deploySeconds: 0.5 });
    leave = enterSandbox({ ...sandbox, env: { ...sandbox.env, SITELIFT_CONTROL_PLANE: sandbox.endpointUrl } });
    browser = await launchBrowser({ sandbox });
    context = newContext();
    await provision(context, 'distribution');
    const image = { Body: '<svg xmlns="http://www.w3.org/2000/svg"/>', ContentType: 'image/svg+xml' };
    const Bucket = bucketName(context.site);
    await context.clients.s3.send(new PutObjectCommand({ Bucket, Key: 'site/a.svg', ...image }));
    url = `https://${(await distribution()).domain}/a.svg`;
  });
  after(async () => {
    await browser?.close();
    leave?.();
    await sandbox?.stop();
  });

  const distribution = async () =>
    known((await describeSite(context, newOp())).distribution) ?? assert.fail('no distribution');
  const restrict = async (wanted: GeoRestriction) => run(await planRestriction(context, wanted, newOp()), newOp());
  /** What a browser of a country gets. */
  const visitFrom = async (country: string) => {
    await sandbox.settings({ viewerCountry: country });
    const page = await browser.context.newPage();
    try {
      const answer = await page.goto(`${url}?from=${country}`);
      return [answer?.status(), await answer?.text()] as const;
    } finally {
      await page.close();
    }
  };
  const told = async () => {
    const { about, value } =
      distributionView(await distribution()).details.find(({ label }) => label === 'Geo restriction') ?? assert.fail();
    return `${value}: ${about}`;
  };

  it('get the image from everywhere while there is none', async () => {
    await restrict('none');
    assert.equal((await visitFrom('FR'))[0], 200);
    assert.equal((await visitFrom('DE'))[0], 200);
  });

  it('get 403 in a country that is blocked, and the view says why; 200 elsewhere', async () => {
    await restrict({ block: ['FR'] });
    const [status, page] = await visitFrom('FR');
    assert.equal(status, 403);
    assert.match(page ?? '', /block access from your country/);
    assert.equal((await visitFrom('DE'))[0], 200);
    assert.match(await told(), /^all but France: CloudFront gives readers elsewhere 403 \(Forbidden\)/);
  });

  it('get 403 in every country that is not allowed', async () => {
    await restrict({ allow: ['AT', 'DE'] });
    assert.equal((await visitFrom('FR'))[0], 403);
    assert.equal((await visitFrom('DE'))[0], 200);
    assert.match(await told(), /^only Austria, Germany: /);
  });

  it('get the image again once the restriction is gone', async () => {
    await restrict('none');
    assert.equal((await visitFrom('FR'))[0], 200);
    assert.match(await told(), /^none: Readers of all countries are let in/);
  });
});
