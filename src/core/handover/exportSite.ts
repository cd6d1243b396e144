import type { Context } from '../context';
import { UserError, type Op } from '../op';
import { known, remediesOfUnknown } from '../resources/resource';
import { describeSite } from '../resources/stack';
import { describeParts } from '../resources/teardown/parts';
import { requireSameRegion } from '../resources/whereabouts';
import { readBucketParts } from './bucketParts';
import { readDistributionPart } from './distributionPart';
import { readAccessControlPart, readFunctionPart } from './edgeParts';
import { readGroupParts } from './groupParts';
import { readRightsParts } from './rightsParts';
import { readAddressParts, readInstancePart, readVolumePart } from './serverParts';
import { templateOf, type Part, type Secret, type Template, type ToImport } from './template';

/** A site as a team takes it over into CloudFormation. */
export interface Handover {
  readonly template: Template;
  readonly imports: readonly ToImport[];
  /** The parameters of the template, whose values are secrets. */
  readonly secrets: readonly Secret[];
  /** What of the site is in no template, in sentences. */
  readonly leftOut: readonly string[];
}

const ATTACHMENT =
  'The attachment of the volume to the server is left out, since an import may refuse it: it stays as it is, and a server that replaces this one has to be given the volume.';
const INSIDE =
  'What is inside the server (web server, mount, pages) and in the bucket is left out: templates do not say it.';
const OLDER_BUCKET =
  'The bucket was there before the site: what else it may have set (website, CORS, logging, events, replication) is left out, and stays as it is.';
const USER_DATA = 'The server’s user data is left out, as it may hold secrets; Sitelift gives a server none.';

/** Reads the whole site, as it is in AWS, into a template and the list with which its resources are imported. Throws `UserError` where something cannot be read. */
export async function exportSite(context: Context, op: Op): Promise<Handover> {
  const { site } = context;
  op.report('Looking at what is there');
  const [have, parts] = await Promise.all([describeSite(context, op), describeParts(context, op)]);
  requireSameRegion(site, have);
  const seen = Object.entries(have);
  const unread = [
    ...seen.flatMap(([name, one]) => (one.kind === 'unknown' ? [`${name}: ${one.reason}`] : [])),
    ...parts.problems.map(({ sentence }) => sentence),
  ];
  if (unread.length > 0) {
    throw new UserError(`AWS could not be read as a whole, so nothing is exported. ${unread.join(' ')}`, {
      remedy: remediesOfUnknown(seen.map(([, one]) => one)),
    });
  }
  op.report('Reading every setting');
  const { accessControlId, addresses = [], functionNames = [] } = parts;
  const distribution = known(have.distribution);
  const [groups, rights, volume, address, bucket, control, functions, edge] = await Promise.all([
    readGroupParts(context, op),
    readRightsParts(context, op),
    readVolumePart(context, op),
    readAddressParts(
      context,
      addresses.map(({ allocationId }) => allocationId),
      op,
    ),
    known(have.bucket) ? readBucketParts(context, op) : [],
    accessControlId === undefined ? undefined : readAccessControlPart(context, accessControlId, op),
    Promise.all(functionNames.map((name, index) => readFunctionPart(context, name, index, op))),
    distribution && readDistributionPart(context, distribution.id, op),
  ]);
  const profile = rights.find(({ type }) => type === 'AWS::IAM::InstanceProfile');
  const server = await readInstancePart(context, profile, op);
  const all: readonly (Part | undefined)[] = [
    ...[...groups, ...rights, ...server, ...volume, ...address],
    ...[...bucket, control, ...functions, edge],
  ];
  const there = all.filter((part) => part !== undefined);
  if (there.length === 0) throw new UserError('This site has nothing in AWS yet, so there is nothing to hand over.');
  const leftOut = [
    ...(server.length > 0 && volume.length > 0 ? [ATTACHMENT] : []),
    ...(server.length > 0 ? [USER_DATA] : []),
    ...(known(have.bucket)?.isAdopted ? [OLDER_BUCKET] : []),
    INSIDE,
  ];
  const { template, imports } = templateOf(there, {
    description: `The site ${site.name} (${site.id}) as it is in AWS, to be imported; what is left out is told in its Metadata.`,
    metadata: { Sitelift: { Site: site.id, Account: site.account, Region: site.region, LeftOut: leftOut } },
  });
  return { template, imports, secrets: there.flatMap(({ secrets = [] }) => secrets), leftOut };
}
