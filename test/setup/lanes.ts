/**
 * Does work in so many lanes, each of which takes what is next when it is free: first of what may only be done one at a time (`isSingle`), since that is what
 * is waited for in the end, as long as no other lane is at such work; else of the rest. All in the order in which it is given.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  isSingle: (item: Item) => boolean,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const singles = items.filter(isSingle);
  const others = items.filter((item) => !isSingle(item));
  let isAtSingle = false;
  const lane = async (): Promise<void> => {
    for (;;) {
      const single = isAtSingle ? undefined : singles.shift();
      isAtSingle ||= single !== undefined;
      const next = single ?? others.shift();
      if (next === undefined) return;
      await work(next);
      if (single !== undefined) isAtSingle = false;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
