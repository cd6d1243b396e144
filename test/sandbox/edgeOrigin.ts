import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Behavior, ControlPlane, Distribution, DistributionConfig, Origin } from './controlPlane';
import { routeOf } from './routes';

/** No origin of the behavior could be reached; CloudFront answers 502 for it, or 504 when the time was up. */
export class OriginUnreachable extends Error {
  readonly status: 502 | 504;
  /** Whether another attempt may follow, as far as the origin allows more than one. */
  readonly mayRetry: boolean;

  constructor(status: 502 | 504, message: string, options: ErrorOptions & { readonly mayRetry?: boolean } = {}) {
    super(message, options);
    this.status = status;
    this.mayRetry = options.mayRetry ?? false;
  }
}

/**
 * What the edge asks an origin for; `path` comes before the origin path is put in front. S3 is asked over the viewer's
 * own protocol ("Require HTTPS for communication between CloudFront and your Amazon S3 origin").
 */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly secure: boolean;
  readonly viewerIp: string;
}

/** Where origins are found, and how many milliseconds a second of the time-outs of servers takes; buckets keep their own. */
export interface OriginWorld {
  readonly controlPlane: ControlPlane;
  readonly secondMs: number;
}

/** An S3 origin has no setting of its own for this ("The response timeout … 30 seconds. You can't change this value"). */
const S3_READ_TIMEOUT_SECONDS = 30;
const FAILING_OVER = ['GET', 'HEAD', 'OPTIONS'];
const oneConnectionEach = new Agent({ keepAlive: false, maxSockets: Infinity });

/**
 * Asks the behavior's origin, or the members of its origin group in turn: the next one on a status that the group names, on a failed
 * connection and when the time is up, for each request anew ("Optimize high availability with CloudFront origin failover"). The answer
 * of the last one stands; throws OriginUnreachable when it has none.
 */
export async function askOrigins(
  world: OriginWorld,
  distribution: Distribution,
  config: DistributionConfig,
  behavior: Behavior,
  question: Question,
): Promise<IncomingMessage> {
  const group = config.originGroups.find(({ id }) => id === behavior.targetOriginId);
  const members = group?.members ?? [behavior.targetOriginId];
  const origins = members
    .map((member) => config.origins.find(({ id }) => id === member))
    .filter((o) => o !== undefined);
  const failsOver = FAILING_OVER.includes(question.method);
  for (const [index, origin] of origins.entries()) {
    const isLast = index === origins.length - 1 || !failsOver;
    try {
      const answer = await attempt(world, distribution, origin, question);
      if (isLast || !group?.statusCodes.includes(answer.statusCode ?? 0)) return answer;
      answer.destroy();
    } catch (error) {
      if (isLast || !(error instanceof OriginUnreachable)) throw error;
    }
  }
  throw new OriginUnreachable(502, `The origin ${behavior.targetOriginId} does not exist.`);
}

async function attempt(
  world: OriginWorld,
  distribution: Distribution,
  origin: Origin,
  question: Question,
): Promise<IncomingMessage> {
  for (let left = (origin.connectionAttempts ?? 3) - 1; ; left--) {
    try {
      return await askOrigin(world, distribution, origin, question);
    } catch (error) {
      if (left <= 0 || !(error instanceof OriginUnreachable) || !error.mayRetry) throw error;
    }
  }
}

async function askOrigin(
  { controlPlane, secondMs }: OriginWorld,
  distribution: Distribution,
  origin: Origin,
  question: Question,
): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = {
    ...question.headers,
    Host: origin.domainName,
    'User-Agent': 'Amazon CloudFront',
    ...(origin.custom ? { 'X-Forwarded-For': question.viewerIp } : {}),
    ...origin.customHeaders,
  };
  const seconds = routeOf(origin.domainName) === 'controlPlane' ? 1000 : secondMs;
  const connectMs = (origin.connectionTimeoutSeconds ?? 10) * seconds;
  const readMs = (origin.custom?.readTimeoutSeconds ?? S3_READ_TIMEOUT_SECONDS) * seconds;
  // "GET and HEAD requests – … CloudFront tries again to connect according to the value of Connection attempts."
  const retriesReads = Boolean(origin.custom) && ['GET', 'HEAD'].includes(question.method);
  let port: number | undefined;
  switch (routeOf(origin.domainName)) {
    case 'controlPlane':
      port = controlPlane.port;
      headers['x-sandbox-edge'] = '1';
      if (question.secure) headers['x-sandbox-tls'] = '1';
      if (origin.originAccessControlId) headers['x-sandbox-cloudfront-source-arn'] = distribution.arn;
      break;
    case 'instance':
      port = await portOf(controlPlane, origin, question, connectMs);
      break;
    case 'local':
    case 'edge':
    case 'nobody':
      throw new OriginUnreachable(502, "CloudFront wasn't able to resolve the origin domain name.");
  }
  const asked = { ...question, path: `${origin.originPath ?? ''}${question.path}`, headers };
  return await answerOf(port, asked, { connectMs, readMs, retriesReads });
}

/** The port behind a server's name. An address that nothing runs at swallows packets: only the time-out tells. */
async function portOf(
  controlPlane: ControlPlane,
  { domainName, custom }: Origin,
  { secure }: Question,
  connectMs: number,
): Promise<number> {
  const instance = await controlPlane.instance(domainName.toLowerCase());
  if (instance?.state !== 'running') {
    await pause(connectMs, undefined, { ref: false });
    throw new OriginUnreachable(504, `Nothing answers at ${domainName}.`, { mayRetry: true });
  }
  const policy = custom?.protocolPolicy ?? 'http-only';
  const isPlain = policy === 'http-only' || (policy === 'match-viewer' && !secure);
  if (!isPlain || (custom?.httpPort ?? 80) !== 80 || instance.httpPort === null) {
    throw new OriginUnreachable(502, `${domainName} refuses connections on this port.`, { mayRetry: true });
  }
  return instance.httpPort;
}

function answerOf(
  port: number,
  { method, path, headers }: Question,
  { connectMs, readMs, retriesReads }: { connectMs: number; readMs: number; retriesReads: boolean },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent: oneConnectionEach, host: '127.0.0.1', port, method, path, headers });
    let isConnected = false;
    const tooLong = (what: string, mayRetry: boolean): void => {
      request.destroy(new OriginUnreachable(504, `The origin took too long to ${what}.`, { mayRetry }));
    };
    const connecting = setTimeout(() => tooLong('accept the connection', true), connectMs);
    request.on('socket', (socket) => {
      socket.once('connect', () => {
        clearTimeout(connecting);
        isConnected = true;
        // Also between two packets of the answer: "before receiving the next packet".
        socket.setTimeout(readMs, () => tooLong('answer', retriesReads));
      });
    });
    request.on('response', resolve);
    request.on('close', () => clearTimeout(connecting));
    request.on('error', (error) => {
      const unreachable = error instanceof OriginUnreachable;
      reject(
        unreachable
          ? error
          : new OriginUnreachable(502, String(error.message), { cause: error, mayRetry: !isConnected }),
      );
    });
    request.end();
  });
}
