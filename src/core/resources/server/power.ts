import type { Context } from '../../context';
import { startCharges } from '../../cost/serverCharges';
import { UserError } from '../../op';
import type { Plan, Step } from '../../plan';
import { agentStep, startStep, stopStep } from './instanceState';
import { START_SERVER } from '../lookup';
import { rebootStep } from './reboot';
import { known } from '../resource';
import type { ServerHave } from './server';
import { withReader } from '../planProvision';
import type { SiteHave } from '../stack';
import { requireSameRegion } from '../whereabouts';

/** What can be done with the power of the server. */
export type PowerChange = 'start' | 'stop' | 'reboot';

const PROVISION = { title: 'Provision Server…', command: 'sitelift.provisionServer' };

/** The plan that starts, stops or reboots the server. Throws `UserError` where there is none, or it cannot be read. */
export function planPower(change: PowerChange, context: Context, site: SiteHave): Plan {
  const have = requireServer(context, site);
  switch (change) {
    case 'start':
      return planStart(context, site, have);
    case 'stop':
      return have.state === 'stopped' ? [] : [[stopStep(context, have)]];
    case 'reboot':
      if (have.state === 'running') return [[rebootStep(context, have)]];
      throw new UserError(`The server is ${have.state}, so it cannot be rebooted. Start it instead.`, {
        remedy: START_SERVER,
      });
  }
}

/** What is to be known before the power of the server changes. */
export function powerNotes(change: PowerChange, context: Context, site: SiteHave): string[] {
  const have = known(site.server);
  if (change !== 'stop' || !have || have.state === 'stopped') return [];
  const address =
    have.address === 'elastic'
      ? `Its address ${have.publicIp} is an Elastic IP address: it stays, and costs meanwhile.`
      : `Its address${have.publicIp ? ` ${have.publicIp}` : ''} is given up: after the next start it is another one.`;
  return [...readersMeanwhile(context, site), address];
}

function planStart(context: Context, site: SiteHave, have: ServerHave): Plan {
  const { serves } = context.site.distribution;
  const unread = [site.distribution, site.bucket].flatMap((seen) => (seen.kind === 'unknown' ? [seen.reason] : []));
  if (serves === 'site' && have.address !== 'elastic' && unread.length > 0) {
    throw new UserError(
      `Once started, the server has another address, which its distribution must be told, and that could not be read: ${unread.join(' ')} Nothing was changed.`,
    );
  }
  const steps: Step[] = [];
  if (have.state === 'stopped' || have.state === 'stopping') {
    // A start alone gives it no address that stays.
    const charges = startCharges({ server: { ...context.site.server, address: 'changing' } }, have);
    steps.push(startStep(context, have, have.address === 'elastic', charges));
  }
  if (!have.online) steps.push(agentStep(context));
  const stages = steps.map((step) => [step]);
  return withReader(stages, context, site);
}

function requireServer(context: Context, site: SiteHave): ServerHave {
  requireSameRegion(context.site, site);
  const { server } = site;
  if (server.kind === 'unknown') {
    throw new UserError(`The server could not be read, so nothing is planned. ${server.reason}`);
  }
  if (server.kind === 'absent') throw new UserError('This site has no server yet.', { remedy: PROVISION });
  return server.have;
}

/** What readers get of the pages while the server is stopped. */
function readersMeanwhile(context: Context, { bucket, distribution }: SiteHave): string[] {
  const none = 'Until it is started again, readers get no pages; images are served on.';
  if (context.site.distribution.serves === 'images') return [none];
  if (distribution.kind === 'unknown')
    return [`Whether readers get pages meanwhile was not seen: ${distribution.reason}`];
  const have = known(distribution);
  const hasCopies = known(bucket)?.objects.has('index.html');
  if (have?.pagesHost === undefined || !have.enabled || !hasCopies) return [none];
  return [
    'Readers go on getting the copies of the pages in the bucket meanwhile, without redirects; publishing needs the server.',
  ];
}
