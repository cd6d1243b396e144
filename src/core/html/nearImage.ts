import { scanStartTag } from './startTag';

/** Whether an offset may lie in the start tag of an image, judged by the text near it alone: cheap, and never wrong when it says no. */
export function isNearImage(text: string, at: number): boolean {
  const before = text.slice(0, at + '<image '.length);
  const starts = Array.from(before.matchAll(/<(img|image)(?=[\s/])/gi), ({ index }) => index);
  const last = starts.filter((index) => index <= at).at(-1);
  if (last === undefined) return false;
  const tag = scanStartTag(text, last);
  return tag === undefined || at <= tag.range.end;
}
