import type * as vscode from 'vscode';
import { UserError } from '../core/op';
import { requestTrail } from '../core/requestTrail';
import type { ClientCache } from '../core/aws/clientCache';
import type { Clients, ClientSettings } from '../core/aws/clients';
import type { SsoSession } from '../core/aws/ssoSession';
import type { Context } from '../core/context';
import type { Site } from '../core/site';
import { loadAws } from './chunks';
import { connectionSettings, type ConnectionSettings } from './settings';
import { askLine } from './tell';

/** Has somebody sign in by IAM Identity Center in the browser; false where nobody can be asked. Throws when that was refused, or came to nothing. */
export type AskToSignIn = (session: SsoSession, settings: ClientSettings) => Promise<boolean>;

/** Makes the clients that reach AWS, and knows whether a person is there to be asked for what signing in needs. */
export class Connections {
  readonly #askToSignIn: AskToSignIn;
  readonly #note: (line: string) => void;
  #attended = 0;
  #cache: ClientCache | undefined;
  /** The sign-ins that somebody is asked for, so that nobody is asked twice. */
  readonly #asking = new Map<string, Promise<boolean>>();
  /** Those that were refused, or came to nothing, while a person’s commands run. */
  readonly #inVain = new Map<string, Promise<boolean>>();

  /** `note` gets a line for each request that AWS did not do, by which AWS Support finds it. */
  constructor(askToSignIn: AskToSignIn = () => Promise.resolve(false), note: (line: string) => void = () => undefined) {
    this.#askToSignIn = askToSignIn;
    this.#note = note;
  }

  /** The site together with clients for its region under the folder's settings. */
  async contextFor(folder: vscode.WorkspaceFolder, site: Site): Promise<Context> {
    return { site, clients: await this.clientsFor({ ...connectionSettings(folder), region: site.region }) };
  }

  /** The clients of a profile and region, kept as long as these, the proxy and the AWS configuration files stay the same. */
  async clientsFor(settings: ConnectionSettings & { readonly region: string }): Promise<Clients> {
    const { ClientCache } = await loadAws();
    this.#cache ??= new ClientCache({
      ...{ mfaCodeProvider: this.#mfaCode, signIn: this.#signIn },
      onFailure: (error, operation) => {
        for (const line of requestTrail(error)) this.#note(`${operation} failed. ${line}`);
      },
    });
    return this.#cache.clientsFor(settings);
  }

  /** Drops all clients, or those of all profiles but these, and the credentials that they have. */
  keepOnly(profiles: readonly (string | undefined)[] = []): void {
    this.#cache?.keepOnly(profiles);
  }

  /** Runs what a person has asked for, who can be asked for an MFA code, or to sign in, meanwhile. */
  async attended<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#attended += 1;
    try {
      return await work();
    } finally {
      this.#attended -= 1;
      if (this.#attended === 0) this.#inVain.clear();
    }
  }

  readonly #signIn: AskToSignIn = (session, settings) => {
    const { key } = session;
    if (this.#attended === 0) return Promise.resolve(false);
    const earlier = this.#asking.get(key) ?? this.#inVain.get(key);
    if (earlier) return earlier;
    const asked = this.#askToSignIn(session, settings);
    this.#asking.set(key, asked);
    const ended = (isDone: boolean): void => {
      this.#asking.delete(key);
      if (!isDone && this.#attended > 0) this.#inVain.set(key, asked);
    };
    asked.then(ended, () => ended(false));
    return asked;
  };

  /** Asks for the code of an MFA device. Throws `UserError` when nobody is there to be asked, or none is given. */
  readonly #mfaCode = async (device: string): Promise<string> => {
    if (this.#attended === 0) {
      throw new UserError('Signing in to AWS needs an MFA code. Choose Refresh to enter it.', {
        remedy: { title: 'Refresh', command: 'sitelift.refresh' },
      });
    }
    const code = await askLine(`MFA code of ${device}`, 'Six digits', (text) =>
      /^\s*\d{6}\s*$/.test(text) ? undefined : 'The code has six digits.',
    );
    if (code === undefined) throw new UserError('Signing in to AWS needs an MFA code, and none was entered.');
    return code.trim();
  };
}
