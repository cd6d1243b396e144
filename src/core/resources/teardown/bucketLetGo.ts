import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isConflict, retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import type { Step } from '../../plan';
import type { BucketHave } from '../bucket/bucket';
import { policyWithoutOurs, putPolicy, readerOf, readPolicy, statementsOf } from '../bucket/bucketPolicy';
import { carriesTag, isOurs, owned, putTags, readLifecycle, readTags } from '../bucket/bucketSettings';
import { known, type Seen } from '../resource';
import { stayingReader, stayingReaderNow, type ReaderNeeds } from './bucketReader';
import { emptyBelow, isPassing } from './emptying';

/** What letting a bucket go depends on. */
export interface BucketLetGo extends ReaderNeeds {
  readonly distribution: Seen<{
    readonly id: string;
    readonly arn: string;
    readonly enabled: boolean;
    readonly isAdopted?: boolean;
  }>;
  readonly parts: ReaderNeeds['parts'] & { readonly hasPrivateObjects: boolean | undefined };
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 10, limitSeconds: 300 };
/** How the keys of all tags of ours begin. */
const TAGS = 'sitelift:';

/** True for a bucket that was there before the site, or is named in its file, as none is that was made for it. */
export function isOlder({ site }: Pick<Context, 'site'>, { isAdopted }: Pick<BucketHave, 'isAdopted'>): boolean {
  return isAdopted === true || site.bucket.name !== undefined;
}

/** The step that leaves a bucket that was there before the site as it was, but for what was published into it; `isAlone` where the distribution stays. */
export function letGoBucket(context: Context, have: BucketHave, needs: BucketLetGo, isAlone: boolean): Step {
  const { hasPrivateObjects = true } = needs.parts;
  const own = known(needs.distribution);
  const kept = stayingReader(context, have.policy, needs);
  const isMissed = isAlone && own?.enabled && !own.isAdopted && readerOf(have.policy) === own.arn;
  const what = [
    ...(hasPrivateObjects ? [`delete the kept releases in ${have.name} (all below ${PRIVATE_PREFIX})`] : []),
    `take this site’s tags, lifecycle rule and policy off bucket ${have.name}, which was there before it`,
  ].join(' and ');
  const readers = [
    ...(kept === undefined ? [] : [`${kept.split('/').pop()} goes on reading it`]),
    ...(isMissed ? [`distribution ${own.id} reads it no more`] : []),
  ];
  const stays = `it stays, with all else that is in it, also below ${PUBLIC_PREFIX}, and goes on costing`;
  return {
    key: 'letGoBucket',
    title: `${what} (${[stays, ...readers].join('; ')})`,
    ...(hasPrivateObjects ? { loses: 'data' as const } : isMissed ? { loses: 'uptime' as const } : {}),
    run: (op) => letGo(context, op),
  };
}

/** The tags go last, since by them it is seen that there is more to do. */
async function letGo(context: Context, op: Op): Promise<void> {
  await retry(
    () =>
      unlessMissing(async () => {
        if (!carriesTag(await readTags(context, op), context)) return;
        await emptyBelow(context, PRIVATE_PREFIX, op);
        await takeRulesOff(context, op);
        await takeStatementsOff(context, op);
        await takeTagsOff(context, op);
      }, 'NoSuchBucket'),
    (error) => isConflict(error) || isPassing(error),
    SETTLE,
    op,
  );
  await waitFor(
    'the bucket to show this site’s tag no more',
    async () => {
      const tags = await unlessMissing(() => readTags(context, op), 'NoSuchBucket');
      return carriesTag(tags ?? [], context) ? undefined : true;
    },
    SETTLE,
    op,
  );
}

async function takeRulesOff(context: Context, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  const { Rules = [], TransitionDefaultMinimumObjectSize: smallest } = (await readLifecycle(context, op)) ?? {};
  const left = Rules.filter((rule) => !isOurs(rule));
  if (left.length === Rules.length) return;
  if (left.length === 0) {
    await s3.send(new DeleteBucketLifecycleCommand(owned(context)), options);
    return;
  }
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      ...owned(context),
      LifecycleConfiguration: { Rules: left },
      ...(smallest ? { TransitionDefaultMinimumObjectSize: smallest } : {}),
    }),
    options,
  );
}

async function takeStatementsOff(context: Context, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  const policy = await readPolicy(context, op);
  const left = policyWithoutOurs(policy, (await stayingReaderNow(context, policy, op)) !== undefined);
  const count = statementsOf(left).length;
  if (count === statementsOf(policy).length) return;
  if (count === 0) {
    await s3.send(new DeleteBucketPolicyCommand(owned(context)), options);
    return;
  }
  await putPolicy(context, left, op);
}

async function takeTagsOff(context: Context, op: Op): Promise<void> {
  const tagged = await readTags(context, op);
  const left = tagged.filter(({ Key }) => !Key?.startsWith(TAGS));
  if (left.length === tagged.length) return;
  if (left.length > 0) return putTags(context, left, [], op);
  await context.clients.s3.send(new DeleteBucketTaggingCommand(owned(context)), { abortSignal: op.signal });
}
