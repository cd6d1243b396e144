import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { machineImage } from '../setup/machineImage';
import { pythonEnvironment } from '../setup/python';
import { createAuthority } from './authority';
import { connectControlPlane, type Call, type ControlPlane } from './controlPlane';
import { createEdge } from './edge';
import { startProxy } from './proxy';

/** How a sandbox is started; times are those that AWS seems to take. */
export interface SandboxOptions {
  /** Boots a real Linux machine for each instance. Default: instances are only names. */
  readonly machines?: boolean;
  readonly deploySeconds?: number;
  readonly registrationSeconds?: number;
  /** The proxy's port; default a free one. */
  readonly port?: number;
  /** How it is from the start, as if it had been told at once. */
  readonly settings?: SandboxSettings;
}

/** What goes wrong with the nth call of an action, counted from when the fault is armed. */
export interface Fault {
  readonly service: string;
  readonly action: string;
  readonly nth?: number;
  readonly times?: number;
  readonly kind: 'error' | 'delay' | 'cut';
  /** `after` lets the call take effect first: an answer that is lost. */
  readonly when?: 'before' | 'after';
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
  readonly seconds?: number;
}

/**
 * What goes wrong behind a call that succeeded: the next `times` (1) launches die, volumes end in state `error`, agents of launched
 * instances never register, or commands are never delivered.
 */
export interface Misfortune {
  readonly kind: 'launch' | 'volume' | 'agent' | 'command';
  readonly times?: number;
  /** The instance whose `agent` dies at once, until its next boot. */
  readonly instanceId?: string;
  /** StateReason of an instance that dies; default: its key cannot be used, which AWS tells as `Client error on launch`. */
  readonly code?: string;
  readonly message?: string;
}

/** What can be changed while a sandbox runs. */
export interface SandboxSettings {
  readonly deploySeconds?: number;
  readonly registrationSeconds?: number;
  readonly invalidationSeconds?: number;
  /** How long an instance is pending, one that stops is stopping, and one that goes is shutting down. */
  readonly bootSeconds?: number;
  readonly stopSeconds?: number;
  /** How long a snapshot is pending. */
  readonly snapshotSeconds?: number;
  /** How long an instance whose Elastic IP was taken away has no public address. */
  readonly addressSeconds?: number;
  /** How far AWS's clock is ahead of this computer's; negative is behind. */
  readonly clockSkewSeconds?: number;
  /** 1: buckets encrypt with KMS unless a PUT says otherwise, so that ETags are no MD5 and CloudFront may not read. */
  readonly kmsEtags?: 0 | 1;
  /** How long CloudFront's lists do not show a new distribution or access control. */
  readonly cloudfrontListLagSeconds?: number;
  /** How long CloudFront's lists show a distribution as it was before a change. */
  readonly cloudfrontChangeLagSeconds?: number;
  /** How long S3 does not know a new bucket. */
  readonly bucketLagSeconds?: number;
  /** How long EC2 does not know a new instance profile. */
  readonly profileSeconds?: number;
  /** How long SSM does not know an invocation after it was sent. */
  readonly invocationSeconds?: number;
  /** How long the interfaces of a terminated instance hold their security groups. */
  readonly lingerSeconds?: number;
  readonly modificationSeconds?: number;
  /** The rest that a volume needs between two changes; six hours unless set. */
  readonly cooldownSeconds?: number;
  /** How late EC2's listings and filters show an instance, a volume, a security group or a change of one made from now on. */
  readonly ec2LagSeconds?: number;
  /** The same for calls that name the resource: `*.NotFound` for one that is too new. */
  readonly ec2IdLagSeconds?: number;
  /** 1: filtered lists of EC2 and SSM begin with an empty page that names a next one. */
  readonly emptyFirstPages?: 0 | 1;
  /** How long an SSM agent that is gone still shows as Online, while commands to it wait for their delivery time-out. */
  readonly pingLagSeconds?: number;
  /** Ends the wait for an agent sooner than the command's own `TimeoutSeconds`, which AWS wants to be 30 or more; 0 does not. */
  readonly deliveryLimitSeconds?: number;
  /** How long after the launch of an Ubuntu `apt-get update` fails, as another one holds the lock of the package lists. */
  readonly aptLockSeconds?: number;
  /** How long a sign-in by IAM Identity Center holds; 0 for eight hours. */
  readonly signInSeconds?: number;
  /** 1: the page to sign in at is one of plain HTTP. */
  readonly signInAtHttp?: number;
  /** 1: CloudFront makes no distribution, as AWS has not verified the account yet. */
  readonly unverifiedAccount?: 0 | 1;
  /** How often a client may ask whether a sign-in is done: `SlowDownException` for one that asks sooner. */
  readonly signInIntervalSeconds?: number;
  /** The ISO 3166 code of the country that all viewers of the distributions seem to be in. */
  readonly viewerCountry?: string;
  /** How many milliseconds a second of CloudFront's time-outs for servers as origins takes; 1000 unless set. */
  readonly originSecondMs?: number;
}

/** An IAM user to make; `policy` is a policy document or its statements, and without one nothing is allowed. */
export interface SandboxUser {
  readonly name: string;
  readonly policy?: object;
  /** Gives the user an MFA device, which always shows the code 123456. */
  readonly mfa?: boolean;
  /** Twelve digits; default the account of the sandbox, 123456789012. */
  readonly account?: string;
}

/** A user that was made, with the access key. */
export interface MadeUser {
  readonly name: string;
  readonly account: string;
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly mfaSerial?: string;
}

/** What an organisation denies: an IAM action (`s3:Put*`), for everybody or for the user or role of a name. */
export interface Denial {
  readonly action: string;
  readonly for?: string;
  /** An ARN, in which `*` stands for anything. */
  readonly resource?: string;
}

/** A local AWS behind one HTTP proxy; nothing that goes through the proxy leaves this machine. */
export interface Sandbox {
  readonly proxyUrl: string;
  readonly caFile: string;
  /** Base64 SHA-256 of the authority's public key, for Chromium's `--ignore-certificate-errors-spki-list`. */
  readonly caKeyHash: string;
  /** The control plane without the proxy. */
  readonly endpointUrl: string;
  /** What points any AWS client, curl and Node at the sandbox. */
  readonly env: Readonly<Record<string, string>>;
  fault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  misfortune(misfortune: Misfortune): Promise<void>;
  clearMisfortunes(): Promise<void>;
  /** Every AWS API call so far, in order. */
  calls(): Promise<Call[]>;
  clearCalls(): Promise<void>;
  settings(settings: SandboxSettings): Promise<void>;
  /** Makes an IAM user, which lives until the next reset. */
  createUser(user: SandboxUser): Promise<MadeUser>;
  deny(denial: Denial): Promise<void>;
  clearDenials(): Promise<void>;
  /** Ends all temporary credentials that STS gave out so far. */
  endSessions(): Promise<void>;
  /** Makes the edge forget everything that is cached, as one where nobody has been before. */
  clearEdge(): void;
  /** Back to an empty account without users, machines, faults, denials, calls or cached objects; the settings stay. */
  reset(): Promise<void>;
  /** Ends every process of the sandbox and removes its folder. */
  stop(): Promise<void>;
}

const SERVER = join(__dirname, 'controlplane', 'server.py');
const STOP_LIMIT_MS = 20_000;

/** Starts a sandbox; it ends with `stop()` or with this process, whichever comes first. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { python } = await pythonEnvironment();
  const imageFolder = options.machines ? await machineImage() : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-sandbox-'));
  const authority = await createAuthority();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.pem);

  let started: { child: ChildProcess; admin: ControlPlane } | undefined;
  const controlPlane = (): ControlPlane => {
    if (!started) throw new Error('The control plane has not started yet.');
    return started.admin;
  };
  const edge = createEdge({ controlPlane });
  const proxy = await startProxy({ authority, edge, controlPlane }, options.port);
  try {
    started = await startControlPlane(python, folder, [
      ...['--proxy-port', String(proxy.port), '--ca', authority.pem],
      ...(imageFolder === undefined ? [] : ['--machines', '--image', imageFolder]),
      ...(options.deploySeconds === undefined ? [] : ['--deploy-seconds', String(options.deploySeconds)]),
      ...(options.registrationSeconds === undefined
        ? []
        : ['--registration-seconds', String(options.registrationSeconds)]),
    ]);
  } catch (error) {
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const { child, admin } = started;
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  const sandbox: Sandbox = {
    proxyUrl,
    caFile,
    caKeyHash: authority.keyHash,
    endpointUrl: `http://127.0.0.1:${admin.port}`,
    env: { ...(await credentialFiles(folder)), ...clientEnvironment(proxyUrl, caFile) },
    fault: (fault) => admin.send('POST', 'faults', fault),
    clearFaults: () => admin.send('DELETE', 'faults'),
    misfortune: (misfortune) => admin.send('POST', 'misfortunes', misfortune),
    clearMisfortunes: () => admin.send('DELETE', 'misfortunes'),
    calls: () => admin.calls(),
    clearCalls: () => admin.send('DELETE', 'calls'),
    async settings({ viewerCountry, originSecondMs, ...times }) {
      if (viewerCountry !== undefined) edge.viewerCountry = viewerCountry;
      if (originSecondMs !== undefined) edge.originSecondMs = originSecondMs;
      if (Object.keys(times).length > 0) await admin.send('POST', 'settings', times);
    },
    createUser: (user) => admin.make<MadeUser>('users', user),
    deny: (denial) => admin.send('POST', 'denies', denial),
    clearDenials: () => admin.send('DELETE', 'denies'),
    endSessions: () => admin.send('DELETE', 'sessions'),
    clearEdge: () => edge.clear(),
    async reset() {
      await admin.send('POST', 'reset');
      edge.clear();
    },
    async stop() {
      await proxy.close();
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (options.settings) await sandbox.settings(options.settings);
  return sandbox;
}

/** Starts the Python side; its standard input is a pipe from this process, and it ends itself when that closes. */
async function startControlPlane(
  python: string,
  folder: string,
  extra: readonly string[],
): Promise<{ child: ChildProcess; admin: ControlPlane }> {
  // A session of its own, so that Ctrl-C in a terminal reaches this process alone, which then stops in order.
  const child = spawn(python, [SERVER, '--port', '0', '--folder', folder, ...extra], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });
  let errors = '';
  child.stdin.on('error', () => child.stdin.destroy());
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-8000);
    // What it writes there is a defect of the sandbox, not an AWS error that a test provoked.
    process.stderr.write(text);
  });
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<number>((resolve, reject) => {
    lines.once('line', (line) => resolve((JSON.parse(line) as { port: number }).port));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The control plane ended with ${code} as it started:\n${errors}`)));
  });
  return { child, admin: connectControlPlane(port) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.stdin?.end();
  await exited;
  clearTimeout(overdue);
}

async function credentialFiles(folder: string): Promise<Record<string, string>> {
  const aws = join(folder, 'aws');
  await mkdir(aws);
  const configFile = join(aws, 'config');
  const credentialsFile = join(aws, 'credentials');
  const keys = 'aws_access_key_id = AKIASANDBOX0000000AA\naws_secret_access_key = sandbox-secret\n';
  await writeFile(configFile, '[default]\nregion = us-east-1\n\n[profile sitelift]\nregion = us-east-1\n');
  await writeFile(credentialsFile, `[default]\n${keys}\n[sitelift]\n${keys}`, { mode: 0o600 });
  return { AWS_CONFIG_FILE: configFile, AWS_SHARED_CREDENTIALS_FILE: credentialsFile };
}

function clientEnvironment(proxyUrl: string, caFile: string): Record<string, string> {
  return {
    HTTPS_PROXY: proxyUrl,
    HTTP_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    AWS_CA_BUNDLE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
    CURL_CA_BUNDLE: caFile,
    SSL_CERT_FILE: caFile,
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX0000000AA',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
