/**
 * The length of a text without certain characters at its end. A pattern such as `,+$` is tried anew at each comma and takes quadratic time on
 * `a,,,…b`.
 */
export function trimmedLength(text: string, dropped: string, from = 0): number {
  let end = text.length;
  while (end > from && dropped.includes(text.charAt(end - 1))) end -= 1;
  return end;
}
