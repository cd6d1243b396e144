import {
  CreateOriginAccessControlCommand,
  DeleteOriginAccessControlCommand,
  GetOriginAccessControlCommand,
  ListOriginAccessControlsCommand,
  type OriginAccessControlSummary,
} from '@aws-sdk/client-cloudfront';
import { hasCode } from '../../aws/errors';
import { allMarked } from '../../aws/pages';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import { bucketName, distributionComment } from '../../names';
import type { Op } from '../../op';
import type { Context } from '../../context';

const SETTLE = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 180 };

/** All origin access controls of the account. */
export function listAccessControls(
  { cloudfront }: Pick<Context['clients'], 'cloudfront'>,
  op: Op,
): Promise<readonly OriginAccessControlSummary[]> {
  return allMarked(async (Marker) => {
    const { OriginAccessControlList: list } = await cloudfront.send(
      new ListOriginAccessControlsCommand(Marker ? { Marker } : {}),
      { abortSignal: op.signal },
    );
    return { items: list?.Items, next: list?.IsTruncated ? list.NextMarker : undefined };
  });
}

/** The id of the site's origin access control, which is found by its name, having no tags. */
export async function findAccessControl({ site, clients }: Context, op: Op): Promise<string | undefined> {
  return (await listAccessControls(clients, op)).find(({ Name }) => Name === accessControlName(site))?.Id;
}

/** Makes the origin access control with which the distribution signs its requests to the bucket; gives its id. */
export async function ensureAccessControl(context: Context, op: Op): Promise<string> {
  const { site, clients } = context;
  const options = { abortSignal: op.signal };
  const create = async () => {
    const { OriginAccessControl: made } = await clients.cloudfront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name: accessControlName(site),
          Description: distributionComment(site),
          OriginAccessControlOriginType: 's3',
          SigningBehavior: 'always',
          SigningProtocol: 'sigv4',
        },
      }),
      options,
    );
    return made?.Id;
  };
  return retry(
    async () => {
      const id = (await findAccessControl(context, op)) ?? (await create());
      if (!id) throw new Error('CloudFront answered without the id of the origin access control.');
      return id;
    },
    (error) => hasCode(error, 'OriginAccessControlAlreadyExists'),
    SETTLE,
    op,
  );
}

/** Deletes the site's origin access control, if there is one, once its distribution is gone. */
export async function deleteAccessControl(context: Context, op: Op): Promise<void> {
  const { cloudfront } = context.clients;
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      const Id = await findAccessControl(context, op);
      if (Id === undefined) return;
      await unlessMissing(async () => {
        const { ETag } = await cloudfront.send(new GetOriginAccessControlCommand({ Id }), options);
        await cloudfront.send(new DeleteOriginAccessControlCommand({ Id, IfMatch: ETag }), options);
      }, 'NoSuchOriginAccessControl');
    },
    (error) => hasCode(error, 'OriginAccessControlInUse') || isConflict(error),
    SETTLE,
    op,
  );
}

/** Never that of a bucket that was there before: its owner may have a control of its name. */
function accessControlName(site: Context['site']): string {
  return bucketName({ ...site, bucket: {} }).slice(0, 64);
}
