import type { ServerHave } from '../../../src/core/resources/server/server';

/** A running server with the volume `vol-1` mounted and a release on it, as a reading shows it. */
export const SETTLED_SERVER = {
  ...{ instanceId: 'i-0123456789abcdef0', state: 'running', instanceType: 't3.micro', zone: 'us-east-1a' },
  ...{ publicIp: '192.0.2.1', startedMs: 0, host: 'server.invalid', online: true },
  ...{ role: 'ready', portOpen: true, reach: undefined, address: 'changing', addresses: [], drift: [], problems: [] },
  inspection: {
    webServer: { installed: true, enabled: true, active: true },
    mount: {
      ...{ partition: '/dev/nvme1n1p1', serial: 'vol1', fileSystem: 'ext4' },
      ...{ sizeBytes: 1e9, freeBytes: 9e8, inFstab: true },
      ...{ diskBytes: 1_073_741_824, roomBytes: 1e9, fileSystemBytes: 1e9 },
    },
    ...{ release: 'r1', list: undefined, placing: undefined, settings: 's1' },
  },
} as const satisfies ServerHave;
