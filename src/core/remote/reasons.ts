import { UserError } from '../op';
import { plainText } from '../plainText';
import { SENTENCES, type Sentence, type Values } from './reasonSentences';

const VALUE_LIMIT = 200;

/** Codes that have a sentence; the scripts may use no other. */
export const REASON_CODES: readonly string[] = Object.keys(SENTENCES);

/**
 * The error for a script's last line `sitelift: code<tab>value…` on standard error, or undefined when there is none or its code is unknown.
 * Of what the server wrote, only the values get into the sentence, as plain text.
 */
export function reasonOf(stderr: string): UserError | undefined {
  const line = stderr.split('\n').findLast((candidate) => candidate.startsWith('sitelift: '));
  const [code = '', ...values] = line?.slice('sitelift: '.length).split('\t') ?? [];
  if (!Object.hasOwn(SENTENCES, code)) return undefined;
  const { text, remedy } = SENTENCES[code] as Sentence;
  return new UserError(text(valuesOf(values)), { code, ...(remedy ? { remedy } : {}) });
}

function valuesOf(raw: readonly string[]): Values {
  const at = (index: number) => plainText(raw[index] ?? '', VALUE_LIMIT);
  return {
    at,
    mib: (index, round) => {
      const bytes = Number(raw[index]);
      if (!Number.isFinite(bytes)) return '? MiB';
      return `${(round === 'up' ? Math.ceil : Math.floor)(bytes / 1024 ** 2)} MiB`;
    },
    names: (from, count) => {
      const shown = raw.slice(from).map((_value, index) => `“${at(from + index)}”`);
      const more = Number(count) - shown.length;
      return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
    },
  };
}
