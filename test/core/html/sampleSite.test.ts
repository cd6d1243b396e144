import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHtml } from '../../../src/core/html/document';
import { rewritePage, rewriteStylesheet } from '../../../src/core/html/rewrite';
import { findImageSources, findLocalImages } from '../../../src/core/html/rules/imageSource';

const ROOT = join(__dirname, '../../fixtures/sample-site');
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
const PAGES = FILES.filter((path) => path.endsWith('.html'));

describe('the sample site', () => {
  it('refers to pictures that are there, and to each of them, once it is published', () => {
    const asked = new Set<string>();
    const resolve = (path: string) => {
      asked.add(path);
      return `https://d1.cloudfront.net/${encodeURIComponent(path)}`;
    };
    for (const page of PAGES) {
      const published = rewritePage(readFileSync(join(ROOT, page), 'utf8'), page, resolve);
      assert.doesNotMatch(published, /(src|srcset|content|style)="[^"]*(?<!https:[^"]*)images\//, page);
    }
    rewriteStylesheet(readFileSync(join(ROOT, 'css/style.css'), 'utf8'), 'css/style.css', resolve);
    const pictures = FILES.filter((path) => /\.(svg|jpg|png|webp|avif|gif)$/.test(path));
    assert.ok(pictures.length >= 12);
    assert.deepEqual(Array.from(asked).sort(), pictures.sort());
  });

  it('has images for the code action on each page', () => {
    const site = {
      domain: 'd',
      distributionState: 'deployed',
      exists: (path: string) => FILES.includes(path),
      uploaded: () => true,
    } as const;
    for (const page of PAGES) {
      const images = findLocalImages(parseHtml(readFileSync(join(ROOT, page), 'utf8')), page);
      assert.ok(images.length > 1, page);
      assert.equal(findImageSources(images, site).length, images.length, page);
    }
  });
});
