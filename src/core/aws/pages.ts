/**
 * All items of a list of AWS. A page of a filtered one may be short or empty although another follows (boto3 issue 2888, aws-cli issue 2626),
 * so that nothing is absent before the last page was read.
 */
export async function allItems<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...(itemsOf(page) ?? []));
  return items;
}

/** All items of a list of CloudFront's, whose pages follow one another by a marker and have no paginator. */
export async function allMarked<Item>(
  page: (
    marker: string | undefined,
  ) => Promise<{ readonly items: readonly Item[] | undefined; readonly next: string | undefined }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let marker: string | undefined;
  do {
    const { items: found = [], next } = await page(marker);
    items.push(...found);
    marker = next;
  } while (marker);
  return items;
}
