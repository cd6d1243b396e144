import { CreateOriginAccessControlCommand, ListOriginAccessControlsCommand } from '@aws-sdk/client-cloudfront';
import { hasCode } from '../aws/errors';
import { retry } from '../aws/wait';
import { bucketName, distributionComment } from '../names';
import type { Op } from '../op';
import type { Context } from '../context';

const SETTLE = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 180 };

/** Makes the origin access control with which the distribution signs its requests to the bucket; gives its id. It is found by name, having no tags. */
export async function ensureAccessControl({ site, clients }: Context, op: Op): Promise<string> {
  const options = { abortSignal: op.signal };
  const name = bucketName(site).slice(0, 64);
  const find = async () => {
    let marker: string | undefined;
    do {
      const { OriginAccessControlList: list } = await clients.cloudfront.send(
        new ListOriginAccessControlsCommand(marker ? { Marker: marker } : {}),
        options,
      );
      const found = list?.Items?.find(({ Name }) => Name === name)?.Id;
      if (found) return found;
      marker = list?.IsTruncated ? list.NextMarker : undefined;
    } while (marker);
    return undefined;
  };
  const create = async () => {
    const { OriginAccessControl: made } = await clients.cloudfront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name: name,
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
      const id = (await find()) ?? (await create());
      if (!id) throw new Error('CloudFront answered without the id of the origin access control.');
      return id;
    },
    (error) => hasCode(error, 'OriginAccessControlAlreadyExists'),
    SETTLE,
    op,
  );
}
