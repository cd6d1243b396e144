import type { Origin } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { listAccessControls } from '../distribution/originAccessControl';
import type { EdgeReader } from './readable';

/** How a distribution reads an origin that is a bucket. */
export async function edgeReader(
  { clients }: Pick<Context, 'clients'>,
  distributionArn: string,
  { OriginAccessControlId: controlId, S3OriginConfig }: Origin,
  op: Op,
): Promise<EdgeReader> {
  if (controlId) {
    const control = (await listAccessControls(clients, op)).find(({ Id }) => Id === controlId);
    return control?.SigningBehavior === 'never' ? { kind: 'anybody' } : { kind: 'control', arn: distributionArn };
  }
  const identity = S3OriginConfig?.OriginAccessIdentity?.split('/').at(-1);
  return identity ? { kind: 'identity', id: identity } : { kind: 'anybody' };
}
