import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClients } from '../../src/core/aws/clients';
import type { Op } from '../../src/core/op';
import { run } from '../../src/core/plan';
import { AGENT_POLICY_DOCUMENT } from '../../src/core/resources/server/agentPolicy';
import { bucket } from '../../src/core/resources/bucket/bucket';
import { distribution } from '../../src/core/resources/distribution/distribution';
import { builtProgram } from '../setup/golang';
import { BUCKET, DOMAIN, SITE } from './benchSite';

/** What lies below a prefix of a bucket; the sum is as in `Dataset.sum`. */
export interface Held {
  readonly objects: number;
  readonly bytes: number;
  readonly sum: string;
}

/** An AWS in memory with a provisioned site, for one delay of S3. */
export interface Cloud {
  /** What points a program at it, and at no other configuration. */
  readonly env: Readonly<Record<string, string>>;
  makeBucket(name: string): Promise<void>;
  held(bucketName: string, prefix: string): Promise<Held>;
  /** Empties a bucket; with the site's, the server as well. */
  reset(bucketName: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it; each PUT and each LIST of S3 takes `delayMs` longer. It ends with this process. */
export async function startCloud(delayMs: number): Promise<Cloud> {
  const program = await builtProgram('s3', join(__dirname, 's3'));
  const flags = {
    site: SITE.id,
    name: SITE.name,
    account: SITE.account,
    region: SITE.region,
    bucket: BUCKET,
    domain: DOMAIN,
    'agent-policy': AGENT_POLICY_DOCUMENT,
    delay: `${delayMs}ms`,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, value]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('The S3 of the benchmark did not start.'))),
  ])) as [string];
  const env = environment(url);
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(url + path, { method });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.text();
  };
  await provision(env);
  return {
    env,
    makeBucket: async (name) => void (await ask(`/${name}`, 'PUT')),
    held: async (name, prefix) => JSON.parse(await ask(`/_bench/held?bucket=${name}&prefix=${prefix}`)) as Held,
    reset: async (name) => void (await ask(`/_bench/reset?bucket=${name}`)),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

function environment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_REGION: SITE.region,
    AWS_DEFAULT_REGION: SITE.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    NO_PROXY: '127.0.0.1',
  };
}

/** Makes the bucket as Sitelift itself does; the rest is there. */
async function provision(env: Readonly<Record<string, string>>): Promise<void> {
  // The SDK reads these as the clients are first used.
  Object.assign(process.env, env);
  const context = { site: SITE, clients: createClients({ region: SITE.region }) };
  const op: Op = { signal: AbortSignal.timeout(60_000), report: () => undefined };
  const plan = async () =>
    distribution.plan(context, {
      bucket: await bucket.describe(context, op),
      distribution: await distribution.describe(context, op),
      server: { kind: 'absent' },
    });
  await run(await plan(), op);
  const left = (await plan()).flat().map(({ title }) => title);
  if (left.length > 0) throw new Error(`The AWS of the benchmark is not what Sitelift wants: ${left.join(', ')}`);
}
