import { UserError } from '../../core/op';
import { SITE_FILE, type Site } from '../../core/site';
import type { App } from '../app';
import { loadAws } from '../chunks';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite } from '../siteCommand';
import { openSiteFile, writeSiteFile } from '../siteFileStep';
import { askWhich } from '../tell';
import { provisionHere } from './provision';

type ServerAddress = Site['server']['address'];

/** Options of *Choose Server Address…*. */
export interface AddressOptions extends Unattended {
  readonly address: ServerAddress;
}

const CHOICES: readonly { readonly label: string; readonly detail: string; readonly address: ServerAddress }[] = [
  {
    label: 'Changing address',
    detail: 'Another one after each stop and start; $0.005 an hour while it runs.',
    address: 'changing',
  },
  {
    label: 'Elastic IP address, which stays',
    detail: '$0.005 an hour, about $3.65 a month, also while the server is stopped.',
    address: 'elastic',
  },
];

/** Writes into the site file which kind of address the server is to have, then shows the plan that gives it one. It gives the keys of the steps it ran. */
export async function chooseAddress(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<AddressOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const document = await openSiteFile(folder);
  const { account, server } = (await loadAws()).parseSite(document.getText());
  const present = server.address;
  const wanted = options ? options.address : await ask(present);
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

async function ask(present: ServerAddress): Promise<ServerAddress | undefined> {
  const items = CHOICES.map((choice) => ({ ...choice, ...(choice.address === present ? { description: 'now' } : {}) }));
  return (await askWhich(`Public address of the server, to be written into ${SITE_FILE}; the plan comes next`, items))
    ?.address;
}
