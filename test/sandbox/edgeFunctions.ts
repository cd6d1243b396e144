import type { Behavior, ControlPlane, Distribution } from './controlPlane';
import { errorPage, type Head, type Visit } from './edgeAnswer';
import { eventOf, headersOf, responseOf, type EventResponse } from './edgeEvent';
import { FunctionFailure, runViewerRequest, runViewerResponse } from './edgeFunction';

/** A viewer's request as it goes on after its function, or the answer that the function ended it with. */
export type Decided = { readonly path: string } | { readonly head: Head };

/** Which distribution and behavior a visit is about, and what was asked for; `query` is without its question mark. */
export interface Asked {
  readonly distribution: Distribution;
  readonly behavior: Behavior;
  readonly visit: Visit;
  readonly path: string;
  readonly query: string;
}

/** Runs a behavior's viewer-request function, if it has one. */
export async function decide(controlPlane: ControlPlane, asked: Asked): Promise<Decided> {
  const { distribution, behavior, visit, path: uri, query } = asked;
  try {
    const code = await codeOf(controlPlane, behavior, 'viewer-request');
    if (code === undefined) return { path: uri };
    const event = eventOf(distribution, 'viewer-request', { ...visit, uri, query });
    const outcome = runViewerRequest(code, event);
    if ('response' in outcome) return { head: headOf(outcome.response) };
    // "If a function changes the URI …, CloudFront forwards the UTF-8 encoded values."
    return { path: outcome.request.uri.replace(/[^\x21-\x7e]+/g, encodeURIComponent) };
  } catch (error) {
    return { head: failureHead(error) };
  }
}

/** What a behavior's viewer-response function makes of heads; undefined without such a function. */
export async function dresserOf(
  controlPlane: ControlPlane,
  { distribution, behavior, visit, path: uri, query }: Asked,
): Promise<((head: Head) => Head) | undefined> {
  const code = await codeOf(controlPlane, behavior, 'viewer-response').catch((error: unknown) => error);
  if (code === undefined) return undefined;
  return (head) => {
    try {
      if (typeof code !== 'string') throw code;
      const event = eventOf(distribution, 'viewer-response', { ...visit, uri, query });
      const response = responseOf(head.status, '', head.headers);
      const returned = runViewerResponse(code, { ...event, response });
      const { body, ...made } = headOf(returned);
      return {
        ...made,
        verdict: head.verdict,
        ...(returned.body === undefined ? {} : { body: body ?? Buffer.alloc(0) }),
      };
    } catch (error) {
      return failureHead(error);
    }
  };
}

async function codeOf(
  controlPlane: ControlPlane,
  { functions }: Behavior,
  kind: 'viewer-request' | 'viewer-response',
): Promise<string | undefined> {
  const arn = functions?.[kind];
  if (arn === undefined) return undefined;
  const found = (await controlPlane.functions()).find((published) => published.arn === arn);
  if (!found) throw new FunctionFailure(503, `Nothing is published as ${arn}.`);
  return found.code;
}

function headOf(response: EventResponse): Head {
  const { statusCode: status, body } = response;
  const bytes =
    typeof body === 'object' ? Buffer.from(body.data, body.encoding === 'base64' ? 'base64' : 'utf8') : body;
  return {
    status,
    headers: headersOf(response),
    verdict: 'FunctionGeneratedResponse',
    body: Buffer.from(bytes ?? ''),
  };
}

/** CloudFront's page says no more than its first sentence; the sandbox adds why. */
function failureHead(error: unknown): Head {
  if (!(error instanceof FunctionFailure)) throw error;
  const sentence = 'The CloudFront function associated with the CloudFront distribution is invalid or could not run.';
  const reason = error.message.replace(/[&<>]/g, ' ');
  return errorPage(error.status, `${sentence}\n<!-- ${reason} -->`, error.verdict);
}
