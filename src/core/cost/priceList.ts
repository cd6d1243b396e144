import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { jsonValue } from '../json';
import type { Product } from './product';

/** The price in US dollars of each unit from so many units a month on. */
export interface Tier {
  readonly from: number;
  readonly usd: number;
}

const amount = v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number));
const ITEM = v.object({
  product: v.object({
    attributes: v.object({ usagetype: v.string(), regionCode: v.string(), locationType: v.string() }),
  }),
  terms: v.object({
    OnDemand: v.optional(
      v.record(
        v.string(),
        v.object({
          priceDimensions: v.record(
            v.string(),
            v.object({
              unit: v.string(),
              beginRange: amount,
              endRange: v.union([
                amount,
                v.pipe(
                  v.literal('Inf'),
                  v.transform(() => Infinity),
                ),
              ]),
              pricePerUnit: v.object({ USD: amount }),
            }),
          ),
        }),
      ),
    ),
  }),
});
type Item = v.InferOutput<typeof ITEM>;

/**
 * The prices of a product among the texts that the price list answers with. Throws where these are not what is known of them, and where they tell no price
 * or several: a wrong number is worse than none.
 */
export function tiersOf(priceList: readonly string[], { usageType, unit }: Product, region: string): readonly Tier[] {
  const fitting = priceList.map(itemOf).filter(({ product: { attributes } }) => {
    const { locationType, regionCode, usagetype } = attributes;
    // In most regions a prefix such as EUC1- stands before it.
    const isUsage = usagetype === usageType || usagetype.replace(/^[A-Z]{2,3}[A-Z0-9]*-/, '') === usageType;
    return isUsage && regionCode === region && locationType === 'AWS Region';
  });
  const found = fitting.flatMap(({ terms }) => Object.values(terms.OnDemand ?? {}));
  const [first, ...others] = found.map(({ priceDimensions }) => inTiers(Object.values(priceDimensions), unit));
  if (!first) throw new Error(`AWS’s price list has no ${usageType} in ${region}.`);
  if (!others.every((other) => isDeepStrictEqual(other, first))) {
    throw new Error(`AWS’s price list has several prices of ${usageType} in ${region}.`);
  }
  return first;
}

type Dimension = NonNullable<Item['terms']['OnDemand']>[string]['priceDimensions'][string];

function itemOf(text: string): Item {
  const { success, output, issues } = v.safeParse(ITEM, jsonValue(text));
  if (success) return output;
  throw new Error(`AWS’s price list is not as expected at ${v.getDotPath(issues[0]) ?? 'its top'}.`);
}

function inTiers(dimensions: readonly Dimension[], unit: string): readonly Tier[] {
  const sorted = [...dimensions].sort((one, other) => one.beginRange - other.beginRange);
  const isWhole = sorted.every(({ beginRange }, index) => beginRange === (sorted[index - 1]?.endRange ?? 0));
  if (!isWhole || sorted.at(-1)?.endRange !== Infinity) throw new Error('AWS’s price list has gaps between its tiers.');
  const other = sorted.find((dimension) => dimension.unit !== unit)?.unit;
  if (other !== undefined) throw new Error(`AWS’s price list counts ${other} instead of ${unit}.`);
  // What is free belongs to an offer of another kind.
  if (sorted.some(({ pricePerUnit }) => pricePerUnit.USD === 0))
    throw new Error('AWS’s price list says that it is free.');
  return sorted.map(({ beginRange, pricePerUnit }) => ({ from: beginRange, usd: pricePerUnit.USD }));
}
