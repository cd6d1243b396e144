import type { BrowserContext, Response } from 'playwright-core';

/** A picture of a page as a reader's browser got it. */
export interface LoadedImage {
  readonly url: string;
  /** It is decoded and has a size. */
  readonly complete: boolean;
  /** What the edge says in `X-Cache`, e.g. `Miss from cloudfront`. */
  readonly cache: string | undefined;
}

/** A page as a reader's browser got it. */
export interface LoadedPage {
  readonly url: string;
  readonly status: number;
  readonly title: string;
  /** From `<img>`, `<picture>` and style sheets. */
  readonly images: readonly LoadedImage[];
}

/** Loads a page in a new tab without the browser's own cache, scrolls through it, and tells of its pictures. */
export async function loadPage(context: BrowserContext, url: string, screenshotPath?: string): Promise<LoadedPage> {
  const page = await context.newPage();
  try {
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const caches = new Map<string, string | undefined>();
    const wholes = new Map<string, Promise<boolean>>();
    page.on('response', (response) => {
      if (response.request().resourceType() !== 'image') return;
      caches.set(response.url(), response.headers()['x-cache']);
      wholes.set(response.url(), isWhole(response));
    });
    page.on('requestfailed', (request) => {
      if (request.resourceType() === 'image') wholes.set(request.url(), Promise.resolve(false));
    });
    const answer = await page.goto(url, { waitUntil: 'load' });
    const elements = await page.locator('img').evaluateAll((images) =>
      Promise.all(
        images.map(async (image) => {
          image.scrollIntoView();
          const complete = await image.decode().then(
            () => image.naturalWidth > 0,
            () => false,
          );
          return { url: image.currentSrc || image.src, complete };
        }),
      ),
    );
    await page.waitForLoadState('networkidle');
    if (screenshotPath !== undefined) {
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ path: screenshotPath });
    }
    const shown = new Set(elements.map((image) => image.url));
    const inStyles = [...wholes].filter(([address]) => !shown.has(address));
    return {
      url,
      status: answer?.status() ?? 0,
      title: await page.title(),
      images: [
        ...elements.map((image) => ({ ...image, cache: caches.get(image.url) })),
        ...(await Promise.all(
          inStyles.map(async ([address, whole]) => ({
            ...{ url: address, complete: await whole, cache: caches.get(address) },
          })),
        )),
      ],
    };
  } finally {
    await page.close();
  }
}

/** True when an image came with all of its bytes; what only a style sheet shows cannot be asked whether it is decoded. */
async function isWhole(response: Response): Promise<boolean> {
  const type = response.headers()['content-type'] ?? '';
  if (!response.ok() || !type.startsWith('image/')) return false;
  return response.body().then(
    ({ byteLength }) => byteLength > 0,
    () => false,
  );
}
