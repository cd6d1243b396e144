import { createContext, Script } from 'node:vm';
import { isHidden, type EventRequest, type EventResponse, type FunctionEvent } from './edgeEvent';
import { unsupportedSyntax } from './edgeFunctionSyntax';

/**
 * Milliseconds after which a run is ended. CloudFront allows about one of a processor, which cannot be measured on a machine under load: this catches
 * what never ends. A run that had less than half of them of the processor is done again, as others kept it.
 */
const LIMIT_MS = 500;

/** Why CloudFront answers an error instead of what a function returned. */
export class FunctionFailure extends Error {
  /** 503 for a function that is invalid or could not run, 502 for one that returned what CloudFront does not take. */
  readonly status: 502 | 503;

  constructor(status: 502 | 503, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  get verdict(): 'FunctionExecutionError' | 'FunctionValidationError' {
    return this.status === 503 ? 'FunctionExecutionError' : 'FunctionValidationError';
  }
}

/** What a viewer-request function decided: the request to go on with, or the response that ends it. */
export type RequestOutcome = { readonly request: EventRequest } | { readonly response: EventResponse };

/** Runs a viewer-request function; throws FunctionFailure. */
export function runViewerRequest(code: string, event: FunctionEvent): RequestOutcome {
  const returned = run(code, event);
  if (isRecord(returned) && 'statusCode' in returned) return { response: checkedResponse(returned, []) };
  if (!isRecord(returned) || returned['uri'] === undefined) throw invalid('neither a request nor a response');
  const { method, uri, headers } = returned;
  if (method !== event.request.method) throw invalid('request.method cannot be changed');
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw invalid('request.uri does not start with a slash');
  if (uri.length >= 8192) throw invalid('request.uri is too long');
  checkHeaders(headers);
  // "Restrictions on all edge functions": what a viewer-request function may read but not change.
  for (const name of ['content-length', 'host', 'transfer-encoding', 'via']) {
    const [before, after] = [event.request.headers[name]?.value, (headers as EventRequest['headers'])[name]?.value];
    if (before !== after) throw invalid(`the header ${name} is read-only`);
  }
  return { request: returned as unknown as EventRequest };
}

/** Runs a viewer-response function; throws FunctionFailure. */
export function runViewerResponse(code: string, event: FunctionEvent): EventResponse {
  const returned = run(code, event);
  if (!isRecord(returned)) throw invalid('no response');
  const { headers: before = {} } = event.response ?? {};
  const readOnly = ['warning', 'via'].map((name) => [name, before[name]?.value] as const);
  return checkedResponse(returned, readOnly);
}

/** Runs `handler` with nothing but the language: no timers, no modules, no code from strings, and nothing kept between runs. */
function run(code: string, event: FunctionEvent): unknown {
  const refused = unsupportedSyntax(code);
  if (refused !== undefined) throw new FunctionFailure(503, refused);
  // On the first line, so that lines of errors are those of the function.
  const source = `'use strict'; ${code}
;Promise.resolve(__event).then((text) => handler(JSON.parse(text))).then(
  (value) => { globalThis.__returned = JSON.stringify(value === undefined ? null : value); },
  (error) => { globalThis.__thrown = String(error); },
);`;
  const sandbox = runWithin(LIMIT_MS, source, { __event: JSON.stringify(event) });
  const { __returned: returned, __thrown: thrown } = sandbox;
  if (thrown !== undefined) throw new FunctionFailure(503, String(thrown));
  if (typeof returned !== 'string') throw new FunctionFailure(503, 'The function did not end.');
  return JSON.parse(returned);
}

/** What a source has made of the globals it was given. */
function runWithin(limitMs: number, source: string, globals: Readonly<Record<string, unknown>>) {
  for (;;) {
    const sandbox: Record<string, unknown> = { ...globals, console: { log: () => undefined } };
    // With its own queue of promises everything asynchronous is over when `runInContext` returns, within the limit.
    const context = createContext(sandbox, {
      codeGeneration: { strings: false, wasm: false },
      microtaskMode: 'afterEvaluate',
    });
    const before = process.cpuUsage();
    try {
      new Script(source, { filename: 'function.js' }).runInContext(context, { timeout: limitMs });
      return sandbox;
    } catch (error) {
      const { system, user } = process.cpuUsage(before);
      const isKept = (system + user) / 1000 < limitMs / 2;
      const isEnded = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      if (!isEnded || !isKept) throw new FunctionFailure(503, String(error), { cause: error });
    }
  }
}

function checkedResponse(
  returned: Record<string, unknown>,
  readOnly: readonly (readonly [string, string | undefined])[],
): EventResponse {
  const { statusCode, headers = {}, cookies = {}, body } = returned;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    throw invalid('response.statusCode is no status from 200 to 599');
  }
  checkHeaders(headers);
  if (!isRecord(cookies)) throw invalid('response.cookies is no object');
  for (const [name, value] of readOnly) {
    if ((headers as EventRequest['headers'])[name]?.value !== value) throw invalid(`the header ${name} is read-only`);
  }
  const { encoding, data } = isRecord(body) ? body : { encoding: 'text', data: body ?? '' };
  if (typeof data !== 'string' || (encoding !== 'text' && encoding !== 'base64')) {
    throw invalid('response.body is neither a text nor {encoding, data}');
  }
  return returned as unknown as EventResponse;
}

function checkHeaders(headers: unknown): void {
  if (!isRecord(headers)) throw invalid('headers is no object');
  for (const [name, value] of Object.entries(headers)) {
    if (name !== name.toLowerCase()) throw invalid(`the header ${name} is not in lower case`);
    if (isHidden(name)) throw invalid(`the header ${name} is not allowed`);
    if (!isRecord(value) || (typeof value['value'] !== 'string' && !Array.isArray(value['multiValue']))) {
      throw invalid(`the header ${name} has no value`);
    }
  }
}

function invalid(what: string): FunctionFailure {
  return new FunctionFailure(502, `The function returned an invalid value: ${what}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
