import { setMaxListeners } from 'node:events';
import { createClients } from '../../src/core/aws/clients';
import type { Op } from '../../src/core/op';
import type { Context } from '../../src/core/context';
import { newSiteId, parseSite, siteFileText, type Site } from '../../src/core/site';
import { connectControlPlane, type ControlPlane } from '../sandbox/controlPlane';

/** The account that every sandbox has. */
export const ACCOUNT = '123456789012';

/** The control plane of the sandbox that the tests run in; see `test/core/main.ts`. */
export function controlPlane(): ControlPlane {
  const url = process.env['SITELIFT_CONTROL_PLANE'];
  if (!url) throw new Error('These tests run inside a sandbox: npm run test:core.');
  return connectControlPlane(Number(new URL(url).port));
}

/** Lets the sandbox refuse the next call of an action. */
export function refuse(service: string, action: string, code = 'AccessDenied', status = 403): Promise<unknown> {
  return controlPlane().send('POST', 'faults', { service, action, kind: 'error', code, status, message: 'not now' });
}

/** Lets the sandbox deny every call of an action until its faults are taken away, however many are on their way already. */
export function deny(service: string, action: string): Promise<unknown> {
  const fault = { service, action, kind: 'error', code: 'AccessDenied', status: 403, message: 'not now' };
  return controlPlane().send('POST', 'faults', { ...fault, times: 1000 });
}

/** A new site of the sandbox's account with a random id, so tests never meet. */
export function newContext(change: (file: Record<string, unknown>) => void = () => undefined): Context {
  const text = siteFileText({ name: 'demo', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' });
  const file = JSON.parse(text) as Record<string, unknown>;
  change(file);
  const site: Site = parseSite(JSON.stringify(file));
  return { site, clients: createClients({ region: site.region }) };
}

/** An `Op` that is never cancelled and keeps what is reported; its waits are as much shorter as the sandbox of this run is quicker. */
export function newOp(signal: AbortSignal = new AbortController().signal): Op & { readonly reports: string[] } {
  const reports: string[] = [];
  setMaxListeners(0, signal);
  return { signal, reports, report: (message) => void reports.push(message), secondMs: secondMs() };
}

/** How long a second of a wait for AWS lasts in this run; see `test/core/main.ts`. */
export function secondMs(): number {
  return Number(process.env['SITELIFT_SECOND_MS'] ?? 1000);
}
