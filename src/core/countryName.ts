const NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** The English name of a country; its code where it has none. */
export function countryName(code: string): string {
  return NAMES.of(code) ?? code;
}
