import type { Context } from '../../context';
import { launchCharges } from '../../cost/serverCharges';
import { DOCUMENT_ROOT } from '../../names';
import { UserError } from '../../op';
import { sequence, type Plan, type Step } from '../../plan';
import { passesAddressOn } from './address';
import { addressStages } from './addressPlan';
import { detachStages } from '../volume/detachment';
import { isMounted } from '../volume/mounted';
import { otherStages, type OtherServer } from './otherServers';
import { makeReady, makeSuccessor, switchServer } from './replacement';
import { known } from '../resource';
import type { ServerHave } from './server';
import { rights } from './serverRights';
import { planProvision, withReader } from '../planProvision';
import type { SiteHave } from '../stack';
import { SWITCH_SERVER } from '../succession';
import { volume, type VolumeHave } from '../volume/volume';
import { requireSameRegion } from '../whereabouts';

const PROVISION = { title: 'Provision Server…', command: 'sitelift.provisionServer' };
/** What of the volume's plan gives it to another server. */
const TAKING_OVER = ['attachment', 'mount', 'growVolume', 'growFileSystem'];

/**
 * The plan that puts a new instance, of the newest image, in the place of the server: it takes over the volume and an Elastic IP address, and the old one ends
 * last. Throws `UserError` where something of it could not be read, or the pages would go with the old one.
 */
export function planReplace(context: Context, site: SiteHave): Plan {
  requireSameRegion(context.site, site);
  const { server: have, volume: volumeHave } = requireMovable(site);
  // An earlier run was cut short once the new one was the server: what is left to do is what provisioning does.
  if (have.others?.some(({ kind }) => kind === 'former')) return planProvision('volume', context, site);
  requireReadable(context, site, have);
  const successor = successorOf(have);
  const { image, instanceType } = context.site.server;
  const launching: Step = {
    key: 'successor',
    title: successor
      ? `wait for ${successor.instanceId}, which an earlier run launched to take the place of ${have.instanceId}`
      : `launch ${instanceType} server (newest image of ${image}, in the volume’s zone ${volumeHave.zone}) beside ${have.instanceId}`,
    charges: successor ? [] : launchCharges(context.site),
    run: (op) => makeSuccessor(context, have.instanceId, op),
  };
  const readying: Step = {
    key: 'successorReady',
    title: 'install, enable and start the web server (httpd) on the new one',
    run: (op) => makeReady(context, have.instanceId, op),
  };
  const isKept = keepsAddress(context, have);
  const lost = isKept || !have.publicIp ? '' : `; its address ${have.publicIp} is not the new one’s`;
  const switching: Step = {
    key: SWITCH_SERVER,
    title: `make the new one the site’s server instead of ${have.instanceId}${lost}`,
    loses: 'uptime',
    run: (op) => switchServer(context, have.instanceId, op),
  };
  const then = replaced(context, have);
  const taken = volume
    .plan(context, {
      server: { kind: 'known', have: then },
      volume: { kind: 'known', have: { ...volumeHave, attachment: undefined } },
    })
    .map((stage) => stage.filter(({ key }) => TAKING_OVER.includes(key)).map(toTheNewOne))
    .filter((stage) => stage.length > 0);
  const allowed = rights(context, have);
  const plan = sequence(
    allowed.length > 0 ? [allowed] : [],
    [[launching], [readying]],
    detachStages(context, site),
    [[switching]],
    taken,
    addressStages(context, { server: then, addresses: have.addresses }),
  );
  const ended: OtherServer = {
    ...{ kind: 'former', instanceId: have.instanceId, state: have.state, instanceType: have.instanceType },
    // An Elastic IP address is with the new one by then.
    ...(isKept ? { address: undefined, publicIp: undefined } : { address: have.address, publicIp: have.publicIp }),
  };
  const spare = (have.others ?? []).filter(({ instanceId }) => instanceId !== successor?.instanceId);
  const former = spare.map((one) => ({ ...one, kind: 'former' as const }));
  return sequence(withReader(plan, context, site), otherStages(context, [ended, ...former]));
}

/** Nobody who reads the plan is to think of formatting a volume that has the pages, nor of what it is attached to by then. */
function toTheNewOne(step: Step): Step {
  if (step.key === 'attachment') return { ...step, title: 'attach the volume to the new one' };
  return step.key === 'mount' ? { ...step, title: `mount it on ${DOCUMENT_ROOT}, as it is` } : step;
}

/** What is to be known before the server is replaced. */
export function replaceNotes(context: Context, site: SiteHave): string[] {
  const have = known(site.server);
  if (!have) return [];
  if (have.others?.some(({ kind }) => kind === 'former')) {
    return [
      `An earlier replacement was cut short: ${have.instanceId} is the server already, and the rest is done now.`,
    ];
  }
  const isNamed = context.site.distribution.serves === 'site';
  const address = keepsAddress(context, have)
    ? `The new server gets the Elastic IP address ${have.publicIp}.`
    : isNamed
      ? 'The new server has another address, which the distribution is told.'
      : 'The new server has another address: links and DNS records that name the old one lead nowhere. Choose Server Address… gives one that stays.';
  return [
    'The old server serves until the new one is ready; then readers get no pages from it for about a minute, while the volume changes over.',
    address,
    'What else is on the old server (packages, settings, files outside the document root) goes with it.',
    known(site.volume)?.isAdopted
      ? 'Publish Site afterwards brings the web server’s settings (redirects, error page, headers).'
      : 'What the last publication had the web server do (redirects, error page, headers) is on the volume and comes with it; where an earlier version of Sitelift published last, Publish Site brings it.',
    ...(have.otherGroups
      ? [
          `The new server gets into the security groups ${have.otherGroups.join(', ')} too, in which somebody put the old one, as long as it gets into the same network.`,
        ]
      : []),
  ];
}

function keepsAddress({ site }: Context, have: ServerHave): boolean {
  return passesAddressOn(site, { server: have, addresses: have.addresses });
}

function successorOf({ others }: ServerHave): OtherServer | undefined {
  return others?.find(({ kind }) => kind === 'successor');
}

/** The new server as it is once it runs, with nothing mounted yet. */
function replaced({ site }: Context, have: ServerHave): ServerHave {
  return {
    ...have,
    ...{ instanceId: successorOf(have)?.instanceId ?? 'new', instanceType: site.server.instanceType, state: 'running' },
    ...{ publicIp: undefined, address: 'changing', host: undefined, online: false, inspection: undefined },
  };
}

/** Throws `UserError` unless server and volume are there and the pages are on the volume. */
function requireMovable(site: SiteHave): { readonly server: ServerHave; readonly volume: VolumeHave } {
  const { server, volume: seen } = site;
  if (server.kind === 'unknown') {
    throw new UserError(`The server could not be read, so nothing is planned. ${server.reason}`);
  }
  if (seen.kind === 'unknown') {
    throw new UserError(`The volume could not be read, so nothing is planned. ${seen.reason}`);
  }
  if (server.kind === 'absent') throw new UserError('This site has no server yet.', { remedy: PROVISION });
  const [have, volumeHave] = [server.have, known(seen)];
  if (have.isAdopted) {
    throw new UserError(
      `The server ${have.instanceId} was there before this site, so it is not ended for another one. For a new one run “Destroy Server…”, which gives it back as it is, then “Provision All…” and “Publish Site…”. Nothing was changed.`,
      { remedy: { title: 'Destroy Server…', command: 'sitelift.destroyServer' } },
    );
  }
  const holderId = volumeHave?.attachment?.instanceId;
  // Of an interrupted replacement the volume is off the old one already.
  const isCutShort = (have.others ?? []).length > 0 && (holderId === undefined || holderId === have.instanceId);
  const isOn = holderId === have.instanceId && (!have.inspection || (volumeHave && isMounted(volumeHave, have)));
  if (volumeHave && volumeHave.state !== 'error' && (isCutShort || isOn)) return { server: have, volume: volumeHave };
  throw new UserError(
    `The pages of ${have.instanceId} are not on the site’s volume, so they would go with it. Run “Provision Volume…” first. Nothing was changed.`,
    { remedy: { title: 'Provision Volume…', command: 'sitelift.provisionVolume' } },
  );
}

/** Throws `UserError` where what the new address depends on, or must be told to, could not be read. */
function requireReadable(context: Context, site: SiteHave, have: ServerHave): void {
  const { distribution, server } = context.site;
  if (server.address === 'elastic' && have.addresses === undefined) {
    throw new UserError(
      `Whether the site has an Elastic IP address for the new server could not be read. ${have.problems.join(' ')} Nothing was changed.`,
    );
  }
  if (distribution.serves !== 'site' || keepsAddress(context, have)) return;
  const unread = [site.distribution, site.bucket].flatMap((seen) => (seen.kind === 'unknown' ? [seen.reason] : []));
  if (unread.length === 0) return;
  throw new UserError(
    `The new server has another address, which its distribution must be told, and that could not be read: ${unread.join(' ')} Nothing was changed.`,
  );
}
