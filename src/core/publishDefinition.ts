import * as v from 'valibot';
import { object, text, wholeNumber } from './definitionShapes';

/** What leave to publish is given to. Each wildcard multiplies the ways in which a long path can fail to match, so there may be three. */
const LEAVE = /^(?!(?:[^*]*\*+(?!\*)){4})[^\p{Cc}]+$/u;

/** The same for what is matched on the server as well, where there are neither classes nor exceptions. */
const FILES = /^(?!(?:[^*]*\*+(?!\*)){4})(?![!#])(?=.*[^/])[^\p{Cc}[\]\\]{1,200}(?<! )$/u;

/** Directives of responses (RFC 9111, RFC 5861, RFC 8246), the names of which are spelt here so that a slip is seen. */
const CACHE_CONTROL = (() => {
  const plain =
    'public|private|no-cache|no-store|no-transform|must-revalidate|proxy-revalidate|must-understand|immutable';
  const timed = '(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)=\\d{1,10}';
  return new RegExp(`^(?:${plain}|${timed})(?:, ?(?:${plain}|${timed}))*$`);
})();

const cachingRule = object(
  {
    files: text(
      FILES,
      'a path or a pattern below the root folder with *, ** or ? (three wildcards * at most), such as fonts/*.woff2',
      'A path or a pattern below the root folder, such as fonts/*.woff2.',
    ),
    cacheControl: text(
      CACHE_CONTROL,
      'the value of a Cache-Control header, such as “public, max-age=86400”',
      'Value of the header Cache-Control that those files are served with, such as “public, max-age=86400”.',
    ),
  },
  'Files that are kept in caches in their own way.',
);

/** What is published, and how. */
export const PUBLISH = object(
  {
    allow: v.exactOptional(
      v.pipe(
        v.array(
          text(
            LEAVE,
            'a path or a pattern below the root folder with at most three wildcards (* or **), such as downloads/*.zip',
            'A path or a pattern below the root folder, such as downloads/*.zip.',
          ),
          'a list of paths or patterns',
        ),
        v.description('Files that are published although their names are refused by default.'),
        v.readonly(),
      ),
      [],
    ),
    caching: v.exactOptional(
      v.pipe(
        v.array(cachingRule, 'a list of objects with “files” and “cacheControl”'),
        v.maxLength(30, 'a list of at most 30'),
        v.description('How long browsers and the CDN may keep files; of those that match, the first counts.'),
        v.readonly(),
      ),
      [],
    ),
    keptReleases: v.exactOptional(
      wholeNumber(
        1,
        50,
        'How many earlier releases can be brought back. What they alone need stays in the bucket, and costs as long as it does.',
      ),
      10,
    ),
  },
  'What is published, and how.',
);
