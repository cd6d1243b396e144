/** A moment in words that mean the same to everybody, e.g. `2026-11-24 00:14 UTC`. */
export function moment(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(iso)
    ? `${iso.slice(0, 16).replace('T', ' ')} UTC`
    : 'a time that it does not tell';
}
