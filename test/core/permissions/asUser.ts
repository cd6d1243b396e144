import { ClientCache } from '../../../src/core/aws/clientCache';
import type { Context } from '../../../src/core/context';
import { addProfile } from '../../sandbox/profiles';
import type { MadeUser } from '../../sandbox/sandbox';
import { docsJson } from '../../setup/workflow';
import { controlPlane } from '../sandbox';

/** The same site, as a user sees it who has a policy of the documentation and nothing else, with what `change` made of it. */
export async function asUser(
  context: Context,
  file: string,
  change: (policy: string) => string = (policy) => policy,
): Promise<Context> {
  const name = `least-${context.site.id}`;
  const policy = JSON.parse(change(JSON.stringify(docsJson(file, context.site)))) as object;
  const user = await controlPlane().make<MadeUser>('users', { name, policy });
  await addProfile({ env: process.env as Record<string, string> }, name, {
    aws_access_key_id: user.accessKeyId,
    aws_secret_access_key: user.secretAccessKey,
  });
  const clients = await new ClientCache().clientsFor({ profile: name, region: context.site.region });
  return { site: context.site, clients };
}
