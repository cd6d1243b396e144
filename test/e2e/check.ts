import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPage, type LoadedPage } from './loadedPage';
import { createSite, openSite, provisionAll, publishSite, siteAddress } from './mainJob';
import type { Session } from './session';
import { SCREENSHOTS, type Workbench } from './workbench';

/** Does the main job in the workbench by itself and prints what it saw; throws when a reader would miss anything. */
export async function checkMainJob(session: Session, sample: string): Promise<void> {
  const startedMs = Date.now();
  const workbench = await session.openWorkbench();
  try {
    const lines = await doMainJob(session, workbench, sample);
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    console.log(['', ...lines, `pictures     ${SCREENSHOTS}`, `time         ${seconds} s`].join('\n'));
  } catch (error) {
    console.error(`A picture of what went wrong: ${await workbench.screenshot('check-failed')}`);
    console.error(await session.extensionLog());
    throw error;
  }
}

async function doMainJob(session: Session, workbench: Workbench, sample: string): Promise<string[]> {
  const { context } = session.browser;
  await timed('Create Site', () => createSite(workbench, 'Far Shores'));
  await workbench.screenshot('tree-before');
  const plan = await timed('Provision All', () => provisionAll(workbench));
  await workbench.screenshot('tree-after');
  const summary = await timed('Publish Site', () => publishSite(workbench));
  await workbench.screenshot('published');
  const address = await siteAddress(workbench);
  const paths = (await readdir(sample, { recursive: true })).filter((path) => path.endsWith('.html')).sort();
  const [first, again] = await timed(`Read ${paths.length} pages twice`, async () => [
    await loadAll(session, address, paths),
    await loadAll(session, address, paths),
  ]);
  await loadPage(context, address, join(SCREENSHOTS, 'published-page.png'));
  await timed('Open Site', async () => (await openSite(workbench)).close());
  const images = first.flatMap((page) => page.images);
  const hits = again.flatMap((page) => page.images).filter(({ cache }) => cache === 'Hit from cloudfront');
  const wrong = [
    ...first.filter(({ status }) => status !== 200).map(({ url, status }) => `${url} answers ${status}`),
    ...images.filter(({ complete }) => !complete).map(({ url }) => `${url} is not complete`),
    ...images
      .filter(({ url }) => !/^https:\/\/[a-z0-9]+\.cloudfront\.net\//.test(url))
      .map(({ url }) => `${url} is not of the CDN`),
    ...(hits.length === images.length ? [] : [`${images.length - hits.length} images are no Hit the second time`]),
  ];
  if (wrong.length > 0) throw new Error(`Readers would not see the whole site:\n${wrong.join('\n')}`);
  return [
    `plan         ${plan.split('\n').filter((line) => line.startsWith('•')).length} steps`,
    `published    ${summary}`,
    `site         ${address}`,
    `CDN          ${new URL(images[0]?.url ?? address).origin}/`,
    `pages        ${first.length}, each answers 200`,
    `images       ${images.length} complete, all from the CDN; ${hits.length} of ${images.length} Hit from cloudfront the second time`,
  ];
}

async function loadAll({ browser }: Session, address: string, paths: readonly string[]): Promise<LoadedPage[]> {
  const pages: LoadedPage[] = [];
  for (const path of paths) pages.push(await loadPage(browser.context, `${address}${path}`));
  return pages;
}

async function timed<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const startedMs = Date.now();
  const result = await work();
  console.log(`${title.padEnd(24)}${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}
