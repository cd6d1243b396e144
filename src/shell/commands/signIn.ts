import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { chooseFolder } from '../choose';
import { loadAws } from '../chunks';
import { withOp } from '../operation';
import { unattended } from '../options';
import { connectionSettings } from '../settings';
import { signInHere } from '../signingIn';
import { tell } from '../tell';

/** Signs the profile of a folder in by IAM Identity Center; gives the account of its credentials, undefined when the browser was not to be opened. */
export async function signIn(app: App, argument: unknown): Promise<string | undefined> {
  if (unattended(argument)) {
    throw new UserError('Signing in takes a person, so this command has no options. Run it without any.');
  }
  const isFolderOpen = (vscode.workspace.workspaceFolders ?? []).length > 0;
  const folder = isFolderOpen ? await chooseFolder(argument, undefined) : undefined;
  if (isFolderOpen && !folder) return undefined;
  const { findSsoSession, identify } = await loadAws();
  const settings = connectionSettings(folder);
  const session = await findSsoSession(settings.profile);
  if (!session) {
    const whose = settings.profile ? `The AWS profile “${settings.profile}” does` : 'The default AWS credentials do';
    throw new UserError(
      `${whose} not sign in by IAM Identity Center (SSO). Choose a profile that does, or set one up with “aws configure sso”.`,
      { remedy: { title: 'Select Profile…', command: 'sitelift.selectProfile' } },
    );
  }
  const region = app.sites.entryOf(folder)?.site?.region ?? settings.region ?? session.region;
  if (!(await signInHere(session, { ...settings, region }))) return undefined;
  // Those that there are have the credentials of the sign-in before.
  app.connections.keepOnly();
  const clients = await app.connections.clientsFor({ ...settings, region });
  const { account, arn } = await withOp(app.log, 'Asking AWS whose credentials these are', (op) =>
    identify(clients, op),
  );
  void tell(`Signed in to AWS: account ${account} as ${arn}.`);
  void app.sites.expire();
  return account;
}
