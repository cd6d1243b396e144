import { getHomeDir, loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createClients, type ClientHooks, type Clients, type ClientSettings } from './clients';
import type { SsoSession } from './ssoSession';

/** Whom the clients ask; who is to sign in learns how AWS is reached. */
interface Hooks extends Pick<ClientHooks, 'mfaCodeProvider' | 'onFailure'> {
  readonly signIn?: (session: SsoSession, settings: ClientSettings) => Promise<boolean>;
}

/**
 * Keeps the clients of each profile, region and proxy, so that a credential process is asked, a role assumed and an MFA code wanted once and
 * not at each look. They are made anew when an AWS configuration file changed, and after AWS refused their credentials.
 */
export class ClientCache {
  readonly #hooks: Hooks;
  readonly #clients = new Map<string, Clients>();
  #filesSeen = '';

  constructor(hooks: Hooks = {}) {
    this.#hooks = hooks;
  }

  /** The clients for these settings. */
  async clientsFor(settings: ClientSettings): Promise<Clients> {
    const files = await filesNow();
    if (files !== this.#filesSeen) {
      this.#filesSeen = files;
      this.#clients.clear();
      // The SDK reads these files once a process unless it is told otherwise.
      await loadSharedConfigFiles({ ignoreCache: true });
    }
    const { profile, region, proxyUrl, noProxy } = settings;
    const key = JSON.stringify([profile ?? '', region, proxyUrl ?? '', noProxy ?? []]);
    const kept = this.#clients.get(key);
    if (kept) return kept;
    const { mfaCodeProvider, onFailure, signIn } = this.#hooks;
    const made: Clients = createClients(settings, {
      ...(mfaCodeProvider ? { mfaCodeProvider } : {}),
      ...(onFailure ? { onFailure } : {}),
      ...(signIn ? { signIn: (session) => signIn(session, settings) } : {}),
      onCredentialProblem: () => {
        if (this.#clients.get(key) === made) this.#clients.delete(key);
      },
    });
    this.#clients.set(key, made);
    return made;
  }

  /** Drops the clients of all profiles but these, with the credentials that they have. */
  keepOnly(profiles: readonly (string | undefined)[] = []): void {
    for (const [key, { profile }] of this.#clients) if (!profiles.includes(profile)) this.#clients.delete(key);
  }
}

/** A text that changes whenever one of the AWS configuration files does. */
async function filesNow(): Promise<string> {
  const folder = join(getHomeDir(), '.aws');
  const files = [
    process.env['AWS_CONFIG_FILE'] ?? join(folder, 'config'),
    process.env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'),
  ];
  return JSON.stringify(await Promise.all(files.map(async (file) => [file, await changeOf(file)])));
}

async function changeOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size } = await stat(file);
    return `${mtimeMs}/${size}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
