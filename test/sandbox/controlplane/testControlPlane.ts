import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { pythonEnvironment } from '../../setup/python';

/** The control plane alone, with machines that are only pretended, and clients of it. */
export interface TestControlPlane {
  readonly endpoint: string;
  readonly folder: string;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly cloudFront: CloudFrontClient;
  readonly ssm: SSMClient;
  readonly iam: IAMClient;
  /** Asks an admin endpoint. */
  admin<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ends the process as a crash of its parent does, by closing its standard input, and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts a control plane in which everything happens at once, until a test says otherwise. */
export async function startTestControlPlane(): Promise<TestControlPlane> {
  const { python } = await pythonEnvironment();
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-controlplane-'));
  const machines = ['--machines', '--image', folder, '--machines-from', join(__dirname, 'pretended')];
  const child = spawn(python, [join(__dirname, 'server.py'), '--folder', folder, ...machines], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [string];
  const endpoint = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  const options = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIASANDBOX0000000AA', secretAccessKey: 'sandbox-secret' },
    maxAttempts: 1,
  };
  const plane: TestControlPlane = {
    endpoint,
    folder,
    ec2: new EC2Client(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    cloudFront: new CloudFrontClient(options),
    ssm: new SSMClient(options),
    iam: new IAMClient(options),
    async admin<T>(method: string, path: string, body?: unknown) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const answer = await fetch(`${endpoint}/sandbox/${path}`, init);
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as T;
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
  await setInstant(plane);
  return plane;
}

/** Sends a request as the administrator, signed for a service and region, whatever is in it. */
export async function askSigned(
  plane: TestControlPlane,
  [service, region]: readonly [service: string, region: string],
  headers: Record<string, string>,
  body: string,
): Promise<Response> {
  const { hostname, port, host } = new URL(plane.endpoint);
  // A client of its own: it signs for the first service and region that it was asked for, ever after.
  const { config } = new EC2Client({ region, credentials: plane.ec2.config.credentials });
  const signer = await config.signer({
    name: 'sigv4',
    signingName: service,
    signingRegion: region,
    properties: {},
  });
  const request = { method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', query: {}, body };
  const signed = await signer.sign({ ...request, headers: { ...headers, host } });
  return await fetch(plane.endpoint, { method: 'POST', headers: signed.headers, body });
}

/** Makes everything happen at once. */
export async function setInstant(plane: TestControlPlane): Promise<void> {
  const names = Object.keys(await plane.admin<Record<string, number>>('GET', 'settings'));
  await plane.admin('POST', 'settings', Object.fromEntries(names.map((name) => [name, 0])));
}

/** Makes one thing take so long that it never happens while a test looks. */
export async function setNever(plane: TestControlPlane, setting: string): Promise<void> {
  await plane.admin('POST', 'settings', { [setting]: 1e6 });
}

/** Asks until the answer is there; the limit is only there so that a broken promise ends. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(50);
  }
  throw new Error(`It never happened: ${ask.toString()}`);
}

/** The predicate of `assert.rejects` for an AWS error code. */
export function code(name: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof Error && error.name === name) return true;
    throw new Error(`Expected ${name}, but got ${String(error)}`, { cause: error });
  };
}
