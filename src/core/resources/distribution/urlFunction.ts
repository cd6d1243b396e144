import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DescribeFunctionCommand,
  PublishFunctionCommand,
} from '@aws-sdk/client-cloudfront';
import { hasCode } from '../../aws/errors';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { distributionComment, stackName } from '../../names';
import type { Op } from '../../op';

const SETTLE = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 120 };
/** To be raised with each change of the code, so that a distribution that runs former code is seen by its name alone. */
const VERSION = 1;
/**
 * Makes `/` and `/news/` the index pages of their folders, and `/about` the page `/about.html` (CloudFront documentation, “JavaScript runtime 2.0
 * features for CloudFront Functions”).
 */
const CODE = `function handler(event) {
  var request = event.request;
  if (request.uri.endsWith('/')) request.uri += 'index.html';
  else if (!/\\.[^/]*$/.test(request.uri)) request.uri += '.html';
  return request;
}
`;

/** True for the ARN of the function of a site, of whatever version. */
export function isUrlFunction(site: Context['site'], arn: string | undefined): boolean {
  return arn?.split('/').pop()?.startsWith(functionName(site, '')) ?? false;
}

/** True for the ARN of the function of a site as it is now. */
export function isCurrentUrlFunction(site: Context['site'], arn: string | undefined): boolean {
  return arn?.split('/').pop() === functionName(site);
}

/** Makes the function that finds the pages of short URLs, published so that a distribution can run it; gives its ARN. */
export async function ensureUrlFunction(context: Context, op: Op): Promise<string> {
  const { site } = context;
  const { cloudfront } = context.clients;
  const Name = functionName(site);
  const options = { abortSignal: op.signal };
  const arnOf = (found: Awaited<ReturnType<typeof describe>>) => found?.FunctionSummary?.FunctionMetadata?.FunctionARN;
  return retry(
    async () => {
      const live = arnOf(await describe(context, Name, 'LIVE', op));
      if (live) return live;
      const draft =
        (await describe(context, Name, 'DEVELOPMENT', op)) ??
        (await cloudfront.send(
          new CreateFunctionCommand({
            Name,
            FunctionConfig: { Comment: distributionComment(site), Runtime: 'cloudfront-js-2.0' },
            FunctionCode: new TextEncoder().encode(CODE),
          }),
          options,
        ));
      await cloudfront.send(new PublishFunctionCommand({ Name, IfMatch: draft.ETag }), options);
      const arn = arnOf(draft);
      if (!arn) throw new Error(`CloudFront answered without the ARN of the function ${Name}.`);
      // The ARN is that of the function, whatever its stage.
      return arn;
    },
    (error) => hasCode(error, 'FunctionAlreadyExists') || isConflict(error),
    SETTLE,
    op,
  );
}

/** The names of the site's functions that are there, of all versions. */
export async function findUrlFunctions(context: Context, op: Op): Promise<readonly string[]> {
  const names = Array.from({ length: VERSION }, (_, index) => functionName(context.site, String(index + 1)));
  const there = await Promise.all(names.map((name) => describe(context, name, 'DEVELOPMENT', op)));
  return names.filter((_, index) => there[index] !== undefined);
}

/** Deletes functions of the site, if they are there, once no distribution runs them. */
export async function deleteUrlFunctions(context: Context, names: readonly string[], op: Op): Promise<void> {
  for (const Name of names) {
    await retry(
      async () => {
        const draft = await describe(context, Name, 'DEVELOPMENT', op);
        if (!draft) return;
        const command = new DeleteFunctionCommand({ Name, IfMatch: draft.ETag });
        await unlessMissing(
          () => context.clients.cloudfront.send(command, { abortSignal: op.signal }),
          'NoSuchFunctionExists',
        );
      },
      (error) => hasCode(error, 'FunctionInUse') || isConflict(error),
      SETTLE,
      op,
    );
  }
}

function describe({ clients }: Context, Name: string, Stage: 'DEVELOPMENT' | 'LIVE', op: Op) {
  const command = new DescribeFunctionCommand({ Name, Stage });
  return unlessMissing(() => clients.cloudfront.send(command, { abortSignal: op.signal }), 'NoSuchFunctionExists');
}

function functionName(site: Context['site'], version = String(VERSION)): string {
  return `${stackName(site)}-urls-${version}`;
}
