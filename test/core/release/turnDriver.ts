import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from '../../../src/core/context';
import { run, type Plan, type Step } from '../../../src/core/plan';
import { placeOf } from '../../../src/core/aws/store';
import {
  NO_LEDGER,
  readLedger,
  swapLedger,
  type Intent,
  type Ledger,
  type LedgerRead,
  type Origin,
  type Release,
} from '../../../src/core/release/ledger';
import { NO_CACHE } from '../../../src/core/release/localCache';
import { requireFree, type Pace } from '../../../src/core/release/signsOfLife';
import { inTurn } from '../../../src/core/release/turn';
import { newBucketContext } from '../resources/provisioned';
import { controlPlane, newOp } from '../sandbox';

/** Two folders on two computers. */
export const ANNA: Origin = { host: 'annas-desk', folder: 'site', place: 'anna' };
export const BERT: Origin = { host: 'berts-desk', folder: 'copy', place: 'bert' };

/** A publication of the second that has begun. */
export const BERTS: Intent = {
  ...{ ...BERT, id: 'other', by: 'arn:bert', at: '2026-01-02T03:04:05.678Z' },
  ...{ processId: process.pid, renewals: 0, forgets: ['/old.png'] },
};

/** A ledger of the sandbox, and publications that do no more than to log their steps. */
export interface TurnDriver {
  readonly context: Context;
  readonly log: string[];
  step(key: string, work?: () => unknown): Step;
  read(): Promise<LedgerRead>;
  ledger(): Promise<Ledger>;
  /** Plans from what the ledger tells now. */
  planned(origin: Origin, plan: Plan, pace?: Partial<Pace>, by?: Context): Promise<Plan>;
  publish(origin: Origin, plan: Plan, pace?: Partial<Pace>): Promise<void>;
  /** Puts another publication into the ledger. */
  leave(intent: Intent): Promise<void>;
  /** How often the ledger was written since the log of calls was emptied. */
  writes(): Promise<number>;
  /** Empties ledger, logs and faults. */
  reset(): Promise<void>;
}

/** Makes the site's bucket. */
export async function newTurnDriver(): Promise<TurnDriver> {
  const context = await newBucketContext();
  const key = '_sitelift/ledger.json';
  const driver: TurnDriver = {
    ...{ context, log: [] },
    step: (name, work = () => undefined) => ({
      ...{ key: name, title: name },
      run: async () => {
        driver.log.push(name);
        await work();
      },
    }),
    read: () => readLedger(context, NO_CACHE, newOp()),
    ledger: async () => (await driver.read()).ledger,
    async planned(origin, plan, change = {}, by = context) {
      const pace = { expirySeconds: 900, renewalSeconds: 120, answerSeconds: 15, ...change };
      const read = await driver.read();
      requireFree(by, origin, read, pace);
      const turns = {
        ...{ begin: { key: 'turn', title: 'turn' }, forgets: ['/a.png'], end: { key: 'end', title: 'end' } },
        endsWith(told: Pick<Release, 'by' | 'at'>) {
          const after: Ledger = { ...read.ledger, current: { ...RELEASE, ...origin, ...told } };
          delete after.publishing;
          return Promise.resolve(after);
        },
      };
      return inTurn(by, origin, read, turns, plan, pace);
    },
    publish: async (origin, plan, pace) => run(await driver.planned(origin, plan, pace), newOp()),
    async leave(publishing) {
      // Whoever has the turn may give a sign of life between the two.
      for (let etag: string | undefined; etag === undefined;) {
        const now = await driver.read();
        etag = await swapLedger(context, { ...NO_LEDGER, publishing }, now.etag, newOp());
      }
    },
    async writes() {
      const calls = await controlPlane().calls();
      return calls.filter(({ action, parameters }) => action === 'PutObject' && parameters?.['Key'] === key).length;
    },
    async reset() {
      driver.log.length = 0;
      await controlPlane().send('DELETE', 'faults');
      await controlPlane().send('DELETE', 'calls');
      await context.clients.s3.send(new DeleteObjectCommand(placeOf(context, key)));
    },
  };
  return driver;
}

const RELEASE: Omit<Release, keyof Origin | 'by' | 'at'> = {
  ...{
    id: 'a1'.repeat(20),
    base: '',
    changes: { pages: [], assets: [] },
    counts: { added: 0, changed: 0, removed: 0 },
  },
};
