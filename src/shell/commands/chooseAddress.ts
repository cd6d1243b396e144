import type * as vscode from 'vscode';
import { addressCharge, idleAddressCharge } from '../../core/cost/charge';
import { chargeText } from '../../core/cost/costText';
import { UserError } from '../../core/op';
import { SITE_FILE, type Site } from '../../core/site';
import type { App } from '../app';
import { loadAws } from '../chunks';
import { chooseSite } from '../choose';
import { withOp } from '../operation';
import { unattended, type Unattended } from '../options';
import { pricesOf } from '../prices';
import { atSite } from '../siteCommand';
import { openSiteFile, writeSiteFile } from '../siteFileStep';
import { askWhich } from '../tell';
import { provisionHere } from './provision';

type ServerAddress = Site['server']['address'];

/** Options of *Choose Server Address…*. */
export interface AddressOptions extends Unattended {
  readonly address: ServerAddress;
}

const CHOICES: readonly { readonly label: string; readonly address: ServerAddress }[] = [
  { label: 'Changing address', address: 'changing' },
  { label: 'Elastic IP address, which stays', address: 'elastic' },
];

/** Writes into the site file which kind of address the server is to have, then shows the plan that gives it one. It gives the keys of the steps it ran. */
export async function chooseAddress(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<AddressOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const document = await openSiteFile(folder);
  const site = (await loadAws()).parseSite(document.getText());
  const { account, server } = site;
  const present = server.address;
  const wanted = options ? options.address : await ask(present, await detailsOf(app, folder, site));
  if (!options && wanted === undefined) return undefined;
  if (!CHOICES.some(({ address }) => address === wanted)) {
    throw new UserError(
      'Options passed to this command must name the address: { "address": "elastic" } or "changing".',
    );
  }
  // Whose account is another one is told so before anything is written.
  const isExpected = !options || options.account === account;
  if (isExpected && wanted !== undefined && wanted !== present) {
    await writeSiteFile(document, ['server', 'address'], wanted);
  }
  return atSite(app, folder, options, provisionHere('server'));
}

/** What each kind of address means and costs. */
async function detailsOf(
  app: App,
  folder: vscode.WorkspaceFolder,
  site: Site,
): Promise<Readonly<Record<ServerAddress, string>>> {
  const { clients } = await app.connections.contextFor(folder, site);
  const [used, idle] = [addressCharge(), idleAddressCharge()];
  const prices = await withOp(app.log, 'Looking up prices', (op) =>
    pricesOf(app, clients, site.region, [used, idle], op),
  );
  const [running, stopped] = [chargeText(used, prices), chargeText(idle, prices)];
  const isSame = running === stopped;
  return {
    changing: `Another one after each stop and start; ${running} while it runs.`,
    elastic: isSame
      ? `${running}, also while the server is stopped.`
      : `${running} while the server runs, ${stopped} while it is stopped.`,
  };
}

async function ask(
  present: ServerAddress,
  details: Readonly<Record<ServerAddress, string>>,
): Promise<ServerAddress | undefined> {
  const items = CHOICES.map((choice) => ({
    ...{ ...choice, detail: details[choice.address] },
    ...(choice.address === present ? { description: 'now' } : {}),
  }));
  return (await askWhich(`Public address of the server, to be written into ${SITE_FILE}; the plan comes next`, items))
    ?.address;
}
