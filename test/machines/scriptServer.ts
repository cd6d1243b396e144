import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { createAuthority } from '../sandbox/authority';
import { TestMachines, type Result } from '../sandbox/machines/testMachines';
import { startContainer, whyNoContainer } from './container';
import { serialOf, type Ground, type Wanted } from './ground';

const SERVER = 'i-scripts';
/** How many servers are tried out on side by side; much of the time a container waits for its disks. */
export const SERVERS_AT_ONCE = whyNoContainer() === undefined ? Math.min(availableParallelism() + 1, 6) : 1;

/** Starts a server to try scripts out on: a container where that works, elsewhere an emulated machine. */
export async function startScriptServer(wanted: Wanted): Promise<Ground> {
  return whyNoContainer() === undefined ? startContainer(wanted) : startEmulated(wanted);
}

async function startEmulated({ platform, volumes, internet }: Wanted): Promise<Ground> {
  const host = createServer(internet);
  await once(host.listen(0, '127.0.0.1'), 'listening');
  const machines = await TestMachines.start((host.address() as AddressInfo).port, (await createAuthority()).pem);
  const ground: Ground = {
    run: (script, limitSeconds) => machines.call<Result>('run', SERVER, script, limitSeconds),
    async stop() {
      await machines.stop();
      host.close();
    },
  };
  try {
    await machines.launch(SERVER, platform);
    for (const volume of volumes) {
      await machines.call('create_volume', volume, 1);
      await machines.call('attach', SERVER, volume);
      await machines.print(SERVER, `until lsblk -dnro SERIAL | grep -qx '${serialOf(volume)}'; do sleep 0.1; done`);
    }
    return ground;
  } catch (error) {
    await ground.stop();
    throw error;
  }
}
