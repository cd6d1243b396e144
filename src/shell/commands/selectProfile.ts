import type * as vscode from 'vscode';
import type { App } from '../app';
import { chooseFolder } from '../choose';
import { unattended, type Unattended } from '../options';
import { loadAws } from '../chunks';
import { withOp } from '../operation';
import { REGIONS } from '../regions';
import { connectionSettings, saveConnection } from '../settings';
import { hasSiteFile } from '../siteFiles';
import { ask, askPick } from '../steps';
import { tell } from '../tell';
import { UserError } from '../../core/op';

/** Options of *Select Profile and Region*; without a profile the default credential chain decides. */
export interface ProfileOptions extends Unattended {
  readonly profile?: string;
  readonly region?: string;
}

interface Choice {
  readonly profile: string | undefined;
  readonly region: string | undefined;
}

const DEFAULT_CHAIN = 'Default credential chain';

/** Chooses the AWS profile, and the region of new sites, for a folder; gives the account that the credentials belong to. */
export async function selectProfile(app: App, argument: unknown): Promise<string | undefined> {
  const options = unattended<ProfileOptions>(argument);
  const folder = await chooseFolder(argument, options);
  if (!folder) return undefined;
  const { identify } = await loadAws();
  const choice: Choice | undefined = options
    ? { profile: options.profile, region: options.region }
    : await askForProfile(folder);
  if (!choice) return undefined;
  // Whoever switches, also to the same one, gets nothing that an earlier one has left.
  app.connections.keepOnly();
  const settings = { ...connectionSettings(folder), profile: choice.profile };
  const clients = await app.connections.clientsFor({
    ...settings,
    region: choice.region ?? settings.region ?? 'us-east-1',
  });
  const identity = await withOp(app.log, 'Asking AWS whose credentials these are', (op) => identify(clients, op));
  if (options && options.account !== identity.account) {
    throw new UserError(
      `The caller expects account ${options.account}, but these credentials belong to ${identity.account}. Nothing was changed.`,
    );
  }
  await saveConnection(folder, choice.profile, choice.region);
  if (!options) {
    const profile = choice.profile ? `profile ${choice.profile}` : 'the default credentials';
    void tell(`Using ${profile}: account ${identity.account} as ${identity.arn}.`);
  }
  return identity.account;
}

async function askForProfile(folder: vscode.WorkspaceFolder): Promise<Choice | undefined> {
  const { listProfiles } = await loadAws();
  const profiles = (await listProfiles()).map(({ name, kind, region }) => ({
    label: name,
    description: [kind, region].filter(Boolean).join(', '),
    profile: name as string | undefined,
  }));
  const chain = {
    label: DEFAULT_CHAIN,
    description: 'environment, “default” profile, instance role',
    profile: undefined,
  };
  const current = connectionSettings(folder);
  const askProfile = async (_: Choice, position: Parameters<typeof askPick>[0]) => {
    const items = [chain, ...profiles];
    const active = items.find(({ profile }) => profile === current.profile);
    const picked = await askPick(position, 'Profile whose credentials are used in this folder', items, active);
    return picked === 'back' || !picked ? picked : { profile: picked.profile };
  };
  const askRegion = async (_: Choice, position: Parameters<typeof askPick>[0]) => {
    const active = REGIONS.find(({ label }) => label === current.region);
    const picked = await askPick(position, 'Region of new sites', REGIONS, active);
    return picked === 'back' || !picked ? picked : { region: picked.label };
  };
  // The region of a site that exists stands in its site file.
  const questions = (await hasSiteFile(folder)) ? [askProfile] : [askProfile, askRegion];
  return ask<Choice>('Select Profile and Region', { profile: current.profile, region: undefined }, questions);
}
