import { UserError } from '../../core/op';
import type { OfferedType } from '../../core/resources/server/instanceTypes';
import { SITE_FILE } from '../../core/site';
import type { App } from '../app';
import { loadAws } from '../chunks';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { openSiteFile, writeSiteFile } from '../siteFileStep';
import { askWhich } from '../tell';
import { provisionHere } from './provision';

/** Options of *Change Instance Type…*. */
export interface InstanceTypeOptions extends Unattended {
  readonly instanceType: string;
}

/** Writes into the site file which instance type the server is to have, then shows the plan that gives it that. It gives the keys of the steps it ran. */
export async function changeInstanceType(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<InstanceTypeOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const document = await openSiteFile(folder);
  const { account, server } = (await loadAws()).parseSite(document.getText());
  const wanted = options ? options.instanceType : await atSite(app, folder, options, ask);
  if (!options && wanted === undefined) return undefined;
  if (typeof wanted !== 'string' || !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(wanted)) {
    throw new UserError(
      'Options passed to this command must name the instance type: { "instanceType": "t3.small" } or another one.',
    );
  }
  // Whose account is another one is told so before anything is written.
  const isExpected = !options || options.account === account;
  if (isExpected && wanted !== server.instanceType) await writeSiteFile(document, ['server', 'instanceType'], wanted);
  return atSite(app, folder, options, provisionHere('server'));
}

async function ask({ aws, context, site, working }: Bench): Promise<string | undefined> {
  const { present, types } = await working('Reading which instance types AWS offers', async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    return aws.typesForServer(context, op);
  });
  const now = present ?? site.server.instanceType;
  const items = types.map((type) => ({
    ...{ label: type.name, description: sizeOf(type), name: type.name },
    ...(type.name === now ? { detail: 'now' } : {}),
  }));
  const what = `Instance type of the server (now ${now}), to be written into ${SITE_FILE}; the plan comes next`;
  return (await askWhich(what, items))?.name;
}

function sizeOf({ memoryMib, vcpus }: OfferedType): string {
  return `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}, ${Number((memoryMib / 1024).toFixed(1))} GiB memory`;
}
