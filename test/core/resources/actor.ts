import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpHandlerOptions, MiddlewareStack } from '@smithy/types';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { run, type Plan } from '../../../src/core/plan';
import { detachStages } from '../../../src/core/resources/volume/detachment';
import { planReplace } from '../../../src/core/resources/server/planReplace';
import { planRestore } from '../../../src/core/resources/volume/planRestore';
import { planPower } from '../../../src/core/resources/server/power';
import { planSnapshot } from '../../../src/core/resources/volume/planSnapshot';
import { listSiteSnapshots } from '../../../src/core/resources/volume/snapshots';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type SiteHave } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { parseSite } from '../../../src/core/site';
import { newOp } from '../sandbox';

/** What an actor, a process of its own, does to a site, and where it dies. */
export interface Part {
  readonly siteFile: string;
  readonly act: Act;
  /** At the nth call of an operation: killed before that is sent or before the answer to it is read, or left without an answer. */
  readonly ending?: { readonly operation: string; readonly nth: number; readonly how: Ending };
}

export type Act = 'provision' | 'destroy' | 'snapshot' | 'restore' | 'replace' | 'start' | 'stop' | 'detach';
export type Ending = 'killed before' | 'killed after' | 'no answer to';

/** Steps that need a machine; without one the instances of the sandbox are only names. */
const INSIDE = ['webServer', 'mount', 'agent', 'successorReady', 'growFileSystem'];
const LOOKS = /^(Get|List|Head|Describe)/;
const op = newOp();

async function planned(act: Act, context: Context): Promise<Plan> {
  const site = await describeSite(context, op);
  const plan = await planOf(act, context, site);
  return plan.map((stage) => stage.filter(({ key }) => !INSIDE.includes(key)));
}

async function planOf(act: Act, context: Context, site: SiteHave): Promise<Plan> {
  switch (act) {
    case 'provision':
      return planProvision('all', context, site);
    case 'destroy':
      return planTeardown('all', context, site, await describeParts(context, op), 'snapshot');
    case 'snapshot':
      return planSnapshot(context, site, await listSiteSnapshots(context, op), { id: 'click', name: '' });
    case 'restore': {
      const snapshots = await listSiteSnapshots(context, op);
      return planRestore(context, site, snapshots, snapshots[0]?.snapshotId ?? '');
    }
    case 'replace':
      return planReplace(context, site);
    case 'start':
    case 'stop':
      return planPower(act, context, site);
    case 'detach':
      return detachStages(context, site);
  }
}

/** Tells on standard output each operation that changes something, as it is sent. */
async function main({ act, ending, siteFile }: Part): Promise<void> {
  const site = parseSite(siteFile);
  const { ...clients } = createClients({ region: site.region });
  const names = new AsyncLocalStorage<string>();
  const { cloudfront, ec2, iam, s3, ssm } = clients;
  for (const { middlewareStack } of [cloudfront, ec2, iam, s3, ssm]) {
    (middlewareStack as MiddlewareStack<object, object>).add(
      (next, { commandName = '' }) =>
        (args) =>
          names.run(commandName.replace(/Command$/, ''), () => next(args)),
      { step: 'initialize' },
    );
  }
  const { requestHandler } = ec2.config;
  const handle = requestHandler.handle.bind(requestHandler);
  const sent = new Map<string, number>();
  requestHandler.handle = async (request, options?: HttpHandlerOptions) => {
    // A client that is made for one attempt tells its operation only in the request.
    const operation = names.getStore() ?? new URLSearchParams(String(request.body)).get('Action') ?? '';
    if (LOOKS.test(operation)) return handle(request, options);
    const nth = (sent.get(operation) ?? 0) + 1;
    sent.set(operation, nth);
    const how = ending?.operation === operation && ending.nth === nth ? ending.how : undefined;
    if (how === 'killed before') process.kill(process.pid, 'SIGKILL');
    process.stdout.write(`${operation}\n`);
    const answer = await handle(request, options);
    if (how === 'killed after') process.kill(process.pid, 'SIGKILL');
    if (how === 'no answer to') throw Object.assign(new Error('No answer came in time.'), { name: 'TimeoutError' });
    return answer;
  };
  await run(await planned(act, { site, clients }), op);
}

main(JSON.parse(process.argv[2] ?? '') as Part).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
