import assert from 'node:assert/strict';
import { SELECT_PROFILE } from '../../../src/core/aws/errors';
import { UserError } from '../../../src/core/op';
import { requireReady } from '../../../src/core/publish/ready';
import type { BucketHave } from '../../../src/core/resources/bucket/bucket';
import { policyForReader } from '../../../src/core/resources/bucket/bucketPolicy';
import type { DistributionHave } from '../../../src/core/resources/distribution/distribution';
import type { Seen } from '../../../src/core/resources/resource';
import type { SiteHave } from '../../../src/core/resources/stack';
import { SETTLED_SERVER as server } from '../resources/settledServer';

const ARN = 'arn:aws:cloudfront::123456789012:distribution/E1';
const distribution: DistributionHave = {
  ...{ id: 'E1', arn: ARN, domain: 'd1.cloudfront.net', enabled: true, deployed: true, readsBucket: true },
  ...({ isOurs: true, problems: [] } as object),
} as DistributionHave;
const policy = policyForReader({ Version: '2012-10-17', Statement: [] }, 'arn:aws:s3:::b', ARN);
const bucket = { name: 'b', policy, objects: new Map() } as unknown as BucketHave;
const volume = { volumeId: 'vol-1' } as never;

const known = <Have>(have: Have): Seen<Have> => ({ kind: 'known', have });
const absent = { kind: 'absent' } as const;

describe('requireReady', () => {
  const site: SiteHave = {
    server: known(server),
    volume: known(volume),
    bucket: known(bucket),
    distribution: known(distribution),
  };
  const refused = (change: Partial<SiteHave>, message: RegExp, command: string | undefined) => {
    assert.throws(
      () => requireReady({ ...site, ...change }, 'images'),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        assert.equal(error.remedy?.command, command);
        const what = command?.replace(
          /sitelift\.(\w)([a-z]+)/,
          (_, first: string, rest: string) => `${first.toUpperCase()}${rest} `,
        );
        assert.equal(error.remedy?.title, what && `${what}…`);
        return true;
      },
    );
  };

  it('gives the parts of a site that can be published to', () => {
    const ready = requireReady(site, 'images');
    assert.deepEqual(
      [ready.instanceId, ready.host, ready.volumeId],
      ['i-0123456789abcdef0', 'server.invalid', 'vol-1'],
    );
    assert.equal(ready.inspection, server.inspection);
    assert.equal(ready.bucket, bucket);
    assert.equal(ready.distribution, distribution);
  });

  it('publishes to a distribution that is on its way to the edges, and by the leave of a policy that it may not read', () => {
    requireReady({ ...site, distribution: known({ ...distribution, deployed: false }) }, 'images');
    requireReady({ ...site, bucket: known({ ...bucket, policy: undefined } as BucketHave) }, 'images');
  });

  it('says first what could not be read, and never that it is lacking', () => {
    const unknown = { kind: 'unknown', reason: 'not allowed to read IAM.' } as const;
    for (const name of ['server', 'volume', 'bucket', 'distribution'] as const) {
      refused(
        { volume: absent, [name]: unknown },
        new RegExp(`^The site could not be read, so nothing is published\\. ${name}: not allowed to read IAM\\.$`),
        undefined,
      );
    }
  });

  it('tells of each part that could not be read', () => {
    const unknown = (reason: string) => ({ kind: 'unknown', reason }) as const;
    refused(
      { server: unknown('No network.'), bucket: unknown('Not allowed.') },
      /nothing is published\. server: No network\. bucket: Not allowed\.$/,
      undefined,
    );
  });

  it('names each part that is lacking', () => {
    for (const name of ['server', 'volume', 'bucket', 'distribution'] as const) {
      refused({ [name]: absent }, new RegExp(`it lacks a ${name}\\. Provision it first`), 'sitelift.provisionAll');
    }
    refused({ server: absent, bucket: absent }, /it lacks a server, a bucket\./, 'sitelift.provisionAll');
    const doubted = { server: { ...absent, doubt: 'Not allowed.' } };
    assert.throws(() => requireReady({ ...site, ...doubted }, 'images'), {
      ...{ name: 'UserError', message: 'The site cannot be published yet: it lacks a server. Not allowed.' },
      remedy: SELECT_PROFILE,
    });
  });

  it('says of a site that is being destroyed since when it is and how it is kept, whatever is gone of it already', () => {
    const marked = { bucket: known({ ...bucket, destroyingSince: '2026-11-28T10:00:00Z' }) };
    const disabled = { distribution: known({ ...distribution, enabled: false }) };
    for (const change of [{}, disabled, { ...disabled, server: absent }, { distribution: absent }]) {
      refused(
        { ...marked, ...change },
        /^Somebody began to destroy the site on 2026-11-28 10:00 UTC, .* “Provision All…”, .* “Destroy Site…” goes on/,
        'sitelift.provisionAll',
      );
    }
  });

  it('says why nothing is known of the inside of the server', () => {
    const blind = (change: object) => ({ server: known({ ...server, inspection: undefined, ...change }) });
    refused(
      blind({ state: 'stopped', online: false }),
      /^The server is stopped\. Run “Start Server…”, then publish again\.$/,
      'sitelift.startServer',
    );
    refused(blind({ online: false }), /its SSM agent does not answer yet/, 'sitelift.provisionServer');
    refused(blind({}), /agent answers, but what is on the server could not be read/, 'sitelift.provisionServer');
    refused(
      blind({ inspectionProblem: 'ssm:SendCommand is denied.' }),
      /could not be read, so nothing is published\. ssm:SendCommand is denied\.$/,
      undefined,
    );
  });

  it('publishes to the volume alone, not to the server’s own disk', () => {
    const { inspection } = server;
    const mounts = [undefined, { ...inspection.mount, serial: 'vol2' }, { ...inspection.mount, inFstab: false }];
    for (const mount of mounts) {
      refused(
        { server: known({ ...server, inspection: { ...inspection, mount } }) },
        /not mounted on the server’s document root/,
        'sitelift.provisionVolume',
      );
    }
  });

  it('publishes nothing whose images would not load, and says what is wrong with the distribution', () => {
    const other = policyForReader(policy, 'arn:aws:s3:::b', `${ARN}2`);
    const cases: [Partial<SiteHave>, RegExp][] = [
      [{ distribution: known({ ...distribution, readsBucket: false }) }, /does not read from this site’s bucket/],
      [{ bucket: known({ ...bucket, policy: other }) }, /^The bucket does not let the distribution read it/],
    ];
    for (const [change, message] of cases) refused(change, message, 'sitelift.provisionDistribution');
  });

  it('publishes nothing while the distribution is disabled, says what readers would lack, and offers to enable it', () => {
    const disabled = (change: object): Partial<SiteHave> => ({
      distribution: known({ ...distribution, enabled: false, ...change }),
    });
    const command = 'sitelift.enableDistribution';
    refused(disabled({}), /^The distribution is disabled, so readers would not get the site’s images\./, command);
    refused(disabled({ pagesHost: 'server.invalid' }), /readers would not get the whole site\./, command);
  });
});
