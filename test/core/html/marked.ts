import type { Range } from '../../../src/core/html/edit';

/** A text and the ranges that «guillemets» mark in it; the guillemets themselves are not part of it. */
export function unmark(marked: string): { text: string; ranges: Range[] } {
  const ranges: Range[] = [];
  let text = '';
  for (const [index, piece] of marked.split(/[«»]/).entries()) {
    if (index % 2 === 1) ranges.push({ start: text.length, end: text.length + piece.length });
    text += piece;
  }
  return { text, ranges };
}
