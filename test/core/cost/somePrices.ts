import type { Prices } from '../../../src/core/cost/prices';

/** Prices that are nobody’s, of which that of an idle address is missing. */
export const PRICES: Prices = {
  region: 'us-east-1',
  readMs: new Date(2026, 2, 5, 12).getTime(),
  tiers: new Map([
    ['instance t3.micro', [{ from: 0, usd: 0.01 }]],
    ['disk gp3', [{ from: 0, usd: 0.1 }]],
    ['address', [{ from: 0, usd: 0.002 }]],
    [
      'objects',
      [
        { from: 0, usd: 0.05 },
        { from: 100, usd: 0.04 },
        { from: 500, usd: 0.02 },
      ],
    ],
  ]),
};
