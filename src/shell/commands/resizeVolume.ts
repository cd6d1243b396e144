import { UserError } from '../../core/op';
import { SITE_FILE, type Site } from '../../core/site';
import type { App } from '../app';
import { loadAws } from '../chunks';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { openSiteFile, writeSiteFile } from '../siteFileStep';
import { askLine } from '../tell';
import { provisionHere } from './provision';

/** Options of *Resize Volume…*. */
export interface ResizeOptions extends Unattended {
  /** The size that the volume is to have. */
  readonly sizeGib: number;
}

/** What EBS makes of gp3 at most here; the site file takes no more. */
const LARGEST_GIB = 16_384;

/** Writes into the site file how large the volume is to be, then shows the plan that makes it so. It gives the keys of the steps it ran. */
export async function resizeVolume(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<ResizeOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const document = await openSiteFile(folder);
  const { account, volume } = (await loadAws()).parseSite(document.getText());
  const wanted = options ? options.sizeGib : await atSite(app, folder, options, (bench) => ask(bench, volume));
  if (!options && wanted === undefined) return undefined;
  if (wanted === undefined || !Number.isInteger(wanted)) {
    throw new UserError('Options passed to this command must name the size in GiB: { "sizeGib": 2 } or another one.');
  }
  // Nothing that cannot be had is written; whether the volume is larger than its site file says, the plan tells.
  const problem = options && problemOf(wanted, volume.sizeGib);
  if (problem !== undefined) throw new UserError(`${problem} Nothing was changed.`);
  // Whose account is another one is told so before anything is written.
  const isExpected = !options || options.account === account;
  if (isExpected && wanted !== volume.sizeGib) await writeSiteFile(document, ['volume', 'sizeGib'], wanted);
  return atSite(app, folder, options, provisionHere('volume'));
}

async function ask(
  { aws, context, site, working }: Bench,
  { partitionMib, sizeGib }: Site['volume'],
): Promise<number | undefined> {
  const present = await working('Looking at the volume', async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    return aws.volumeSizeGib(context, op);
  });
  const has = present ?? sizeGib;
  const kept = partitionMib === undefined ? '' : ` Its partition stays at ${partitionMib} MiB (“volume.partitionMib”).`;
  const prompt = `Size of the volume in GiB, to be written into ${SITE_FILE}; the plan comes next. It has ${has} GiB and can never shrink.${kept}`;
  const text = await askLine(prompt, `more than ${has}`, (line) => {
    if (!/^\d{1,5}$/.test(line.trim())) return 'A whole number of GiB.';
    return Number(line) === has ? `It has ${has} GiB already.` : problemOf(Number(line), has);
  });
  return text === undefined ? undefined : Number(text);
}

function problemOf(wanted: number, hasGib: number): string | undefined {
  if (wanted < hasGib) return `A volume cannot shrink: ${wanted} GiB is less than ${hasGib} GiB.`;
  return wanted > LARGEST_GIB ? `A volume has ${LARGEST_GIB} GiB at most.` : undefined;
}
