import type { OtherServer } from './otherServers';
import { known, type Seen } from '../resource';

/** The instances beside what was seen of a server, which may be gone itself. */
export function othersBeside(
  server: Seen<{ readonly others?: readonly OtherServer[] }>,
): readonly OtherServer[] | undefined {
  return server.kind === 'absent' ? server.others : known(server)?.others;
}
