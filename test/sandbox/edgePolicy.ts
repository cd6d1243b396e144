import type { IncomingMessage } from 'node:http';
import { valueOf, without, type Headers } from './edgeAnswer';

interface Addition {
  readonly name: string;
  readonly value: string;
  /** Takes the place of the origin's own header. */
  readonly overrides?: boolean;
  /** For requests with `Origin` alone, or for preflight requests alone. */
  readonly when?: 'cors' | 'preflight';
}

const CORS: readonly Addition[] = [{ name: 'Access-Control-Allow-Origin', value: '*', when: 'cors' }];
const PREFLIGHT: readonly Addition[] = [
  ...CORS,
  {
    name: 'Access-Control-Allow-Methods',
    value: 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
    when: 'preflight',
  },
  { name: 'Access-Control-Expose-Headers', value: '*', when: 'preflight' },
];
// "CloudFront adds X-Content-Type-Options: nosniff to all responses. … For all other headers in this policy, if the
// response that CloudFront receives from the origin includes the header, CloudFront uses the received header."
const SECURITY: readonly Addition[] = [
  { name: 'Strict-Transport-Security', value: 'max-age=31536000' },
  { name: 'X-Content-Type-Options', value: 'nosniff', overrides: true },
  { name: 'X-Frame-Options', value: 'SAMEORIGIN' },
  { name: 'X-XSS-Protection', value: '1; mode=block' },
  { name: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
];

/** The managed response headers policies ("Use managed response headers policies" in the developer guide). */
const POLICIES: Readonly<Record<string, readonly Addition[]>> = {
  '60669652-455b-4ae9-85a4-c4c02393f86c': CORS,
  '67f7725c-6f97-4210-82d7-5512b31e9d03': SECURITY,
  'e61eb60c-9c35-4d20-a928-2b84e02af89c': [...CORS, ...SECURITY],
  '5cc3b908-e619-4b99-88e5-2cf7f45965bd': PREFLIGHT,
  'eaab4381-ed33-4a86-88ca-d9558dc6cd63': [...PREFLIGHT, ...SECURITY],
};

/** The headers of an answer after a managed response headers policy; throws for a policy that is none of them. */
export function withPolicy(policyId: string | null | undefined, request: IncomingMessage, headers: Headers): Headers {
  if (!policyId) return headers;
  const policy = POLICIES[policyId];
  if (!policy) throw new Error(`The edge does not know the response headers policy ${policyId}.`);
  const isCors = request.headers.origin !== undefined;
  const isPreflight = isCors && request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  const added = policy.filter(
    ({ name, overrides, when }) =>
      (overrides || valueOf(headers, name.toLowerCase()) === undefined) &&
      (when === undefined || (when === 'cors' ? isCors : isPreflight)),
  );
  const names = added.map(({ name }) => name.toLowerCase());
  return [...without(headers, ...names), ...added.map(({ name, value }) => [name, value] as const)];
}
