import { modify } from 'jsonc-parser';

/** One change of a text: what stands at `offset` for `length` characters becomes `content`. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

/** The changes of a site file's text that give one property of one of its parts a value, or, for undefined, take it out; all else stays as it is written. */
export function siteFileEdits(text: string, [part, property]: readonly [string, string], value: unknown): TextEdit[] {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const insertSpaces = !indent.startsWith('\t');
  const formattingOptions = { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol: lineEndOf(text) };
  return modify(text, [part, property], value, { formattingOptions });
}

function lineEndOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
