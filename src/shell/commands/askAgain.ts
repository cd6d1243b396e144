import type { App } from '../app';
import { chooseSite } from '../choose';
import { loadAws } from '../chunks';
import { consentFor } from '../consent';
import { unattended } from '../options';
import { tell } from '../tell';

/** Takes back that a site is published on this computer without asking, also on save; gives whether that was so. */
export async function askAgain(app: App, argument: unknown): Promise<boolean | undefined> {
  const options = unattended(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const site = await (await loadAws()).readSite(folder.uri.fsPath);
  const wasGiven = await consentFor(app.machineMemory, folder, site).takeBack();
  const told = wasGiven
    ? `You are asked again before “${site.name}” is published from this computer.`
    : `You are asked anyway before “${site.name}” is published from this computer.`;
  app.log.info(told);
  if (!options) void tell(told);
  return wasGiven;
}
