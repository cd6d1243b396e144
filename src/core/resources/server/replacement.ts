import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { REPLACES_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import { launchSuccessor } from './launch';
import { findInstance, findServers, findVolume } from '../lookup';
import { installWebServerOn } from './serverInside';
import { tagOf } from '../../tags';
import { becomeFormer, FORMER_SERVER } from '../succession';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** Launches the server that is to take the place of another one and waits until it runs. Throws `UserError` when that one is not the server any more. */
export async function makeSuccessor(context: Context, replacedId: string, op: Op): Promise<void> {
  const { instance } = await findServers(context, op);
  // Another window may have done so already.
  const isReplaced = instance && tagOf(instance, REPLACES_TAG) === replacedId;
  if (!isReplaced && instance?.InstanceId !== replacedId) {
    throw new UserError(`The server ${replacedId} is not the site’s any more. Run the command again.`);
  }
  await launchSuccessor(context, replacedId, op);
}

/** Makes the new server serve, as far as it can without the pages. */
export async function makeReady(context: Context, replacedId: string, op: Op): Promise<void> {
  const { instance, successors } = await findServers(context, op);
  const ready = instance?.InstanceId === replacedId ? successors[0] : instance;
  if (!ready?.InstanceId) throw new UserError('The new server is gone. Run the command again.');
  await installWebServerOn(context, ready.InstanceId, op);
}

/** Makes the new server the site's one, by one change of the tags of the former one, which has let go of the volume. */
export async function switchServer(context: Context, replacedId: string, op: Op): Promise<void> {
  const { instance, successors } = await findServers(context, op);
  if (instance?.InstanceId === replacedId) {
    const [next, ...others] = successors.flatMap(({ InstanceId }) => InstanceId ?? []);
    if (next === undefined) throw new UserError('The new server is gone. Run the command again.');
    if ((await findVolume(context, op))?.State !== 'available') {
      throw new UserError(`The volume is attached to ${replacedId} again by now. Run the command again.`);
    }
    // Of those that were to take its place, just one does.
    await becomeFormer(context, others, FORMER_SERVER, op);
    await becomeFormer(context, [replacedId], FORMER_SERVER, op);
  }
  await waitFor(
    'the new server to be listed as the site’s',
    async () => {
      const now = (await findInstance(context, op))?.InstanceId;
      return now !== undefined && now !== replacedId ? true : undefined;
    },
    SETTLE,
    op,
  );
}
