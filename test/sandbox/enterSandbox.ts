import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import type { Sandbox } from './sandbox';

/**
 * Makes this very process a client of the sandbox: its environment, and its authority, which Node reads from
 * NODE_EXTRA_CA_CERTS only as a process starts. Returns the function that undoes it.
 */
export function enterSandbox(sandbox: Pick<Sandbox, 'env' | 'caFile'>): () => void {
  const before = new Map(Object.keys(sandbox.env).map((name) => [name, process.env[name]]));
  const createSecureContext = tls.createSecureContext;
  const pem = readFileSync(sandbox.caFile, 'utf8');
  Object.assign(process.env, sandbox.env);
  tls.createSecureContext = (options) => {
    const secureContext = createSecureContext(options);
    const { context } = secureContext as { context: { addCACert(pem: string): void } };
    if (options?.ca === undefined) context.addCACert(pem);
    return secureContext;
  };
  return () => {
    tls.createSecureContext = createSecureContext;
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
