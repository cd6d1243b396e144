const USUAL_LIMIT = 500;

/**
 * Makes text from elsewhere (server, file names, AWS) fit to be shown: one line, nothing invisible or turned around, nothing that VS Code would
 * turn into a link, code, HTML or an icon; `limit` characters at most. Text that went through once comes through again unchanged.
 */
export function plainText(text: string, limit: number = USUAL_LIMIT): string {
  const defused = oneLine(text)
    // `[label](target)`, `[label][name]` and `[name]: target` are all that makes a link of brackets.
    .replace(/\](?=[([:])/g, '] ')
    .replace(/<(?=[A-Za-z/!?])/g, '‹')
    .replace(/`/g, "'")
    .replace(/\$\((?=[\w~-]+\))/g, '$ (');
  return cut(defused.trim(), limit);
}

/** Makes text from elsewhere fit for the log and the clipboard: one line, with nothing invisible or turned around, and all else as it is. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu, '')
    .replace(/\p{Surrogate}/gu, '\uFFFD');
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, Math.max(0, limit - 1));
  return `${kept.replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}
