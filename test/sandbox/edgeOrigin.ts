import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Behavior, ControlPlane, Distribution, DistributionConfig, Origin } from './controlPlane';
import { routeOf } from './routes';

/** No origin of the behavior could be reached; CloudFront answers 502 for it. */
export class OriginUnreachable extends Error {}

/**
 * What the edge asks an origin for; `path` comes before the origin path is put in front. S3 is asked over the viewer's
 * own protocol ("Require HTTPS for communication between CloudFront and your Amazon S3 origin").
 */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly secure: boolean;
}

const oneConnectionEach = new Agent({ keepAlive: false, maxSockets: Infinity });

/** Asks the behavior's origin, or the members of its origin group in turn; throws OriginUnreachable. */
export async function askOrigins(
  controlPlane: ControlPlane,
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
  for (const [index, origin] of origins.entries()) {
    const isLast = index === origins.length - 1;
    try {
      const answer = await askOrigin(controlPlane, distribution, origin, question);
      if (isLast || !group?.statusCodes.includes(answer.statusCode ?? 0)) return answer;
      answer.destroy();
    } catch (error) {
      if (isLast)
        throw new OriginUnreachable(`The origin ${origin.domainName} could not be reached.`, { cause: error });
    }
  }
  throw new OriginUnreachable(`The origin ${behavior.targetOriginId} does not exist.`);
}

async function askOrigin(
  controlPlane: ControlPlane,
  distribution: Distribution,
  origin: Origin,
  question: Question,
): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = {
    ...question.headers,
    Host: origin.domainName,
    'User-Agent': 'Amazon CloudFront',
  };
  let port: number | undefined;
  switch (routeOf(origin.domainName)) {
    case 'controlPlane':
      port = controlPlane.port;
      headers['x-sandbox-edge'] = '1';
      if (question.secure) headers['x-sandbox-tls'] = '1';
      if (origin.originAccessControlId) headers['x-sandbox-cloudfront-source-arn'] = distribution.arn;
      break;
    case 'instance':
      port = await controlPlane.instancePort(origin.domainName);
      break;
    case 'local':
    case 'edge':
    case 'nobody':
      break;
  }
  if (port === undefined) throw new OriginUnreachable(`Nothing answers for ${origin.domainName}.`);
  return answerOf(port, { ...question, path: `${origin.originPath ?? ''}${question.path}`, headers });
}

function answerOf(port: number, { method, path, headers }: Question): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent: oneConnectionEach, host: '127.0.0.1', port, method, path, headers });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}
