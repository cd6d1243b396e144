/** Cities and continents of time zones (IANA) with the region that is likely to be near; the first that fits counts. */
const NEAR: readonly (readonly [RegExp, string])[] = [
  [/^Europe\/(London|Jersey|Guernsey|Isle_of_Man)$/, 'eu-west-2'],
  [/^(Europe\/(Dublin|Belfast)|Atlantic\/(Azores|Canary|Faroe|Madeira|Reykjavik))$/, 'eu-west-1'],
  [/^Europe\/(Paris|Madrid|Lisbon|Andorra|Monaco|Brussels|Luxembourg|Gibraltar)$|^Africa\//, 'eu-west-3'],
  [/^Europe\/(Stockholm|Oslo|Helsinki|Copenhagen|Tallinn|Riga|Vilnius|Mariehamn)$/, 'eu-north-1'],
  [/^Europe\/|^Asia\/(Jerusalem|Beirut|Damascus|Amman|Nicosia|Istanbul)$/, 'eu-central-1'],
  [/^Asia\/(Tokyo|Vladivostok)$/, 'ap-northeast-1'],
  [/^Asia\/(Seoul|Pyongyang|Shanghai|Urumqi|Ulaanbaatar)$/, 'ap-northeast-2'],
  [/^Asia\/(Singapore|Kuala_Lumpur|Jakarta|Bangkok|Ho_Chi_Minh|Manila|Hong_Kong|Taipei|Yangon)$/, 'ap-southeast-1'],
  [/^Asia\/|^Indian\//, 'ap-south-1'],
  [/^Australia\/|^Pacific\/(Auckland|Fiji|Noumea|Guam|Port_Moresby)$/, 'ap-southeast-2'],
  [/^America\/(Toronto|Montreal|Halifax|St_Johns|Moncton|Winnipeg|Iqaluit)$/, 'ca-central-1'],
  [/^America\/(Los_Angeles|Vancouver|Tijuana|Anchorage|Phoenix|Denver|Boise|Edmonton)$|^Pacific\//, 'us-west-2'],
  [/^America\/(Chicago|Detroit|Indiana|Menominee)/, 'us-east-2'],
  [/^America\/(Sao_Paulo|Argentina|Buenos_Aires|Montevideo|Asuncion|Santiago|Bahia|Fortaleza|Recife)/, 'sa-east-1'],
];

/** The region that is likely to be near somebody whose computer has this time zone; the one of AWS’s beginnings where nothing tells. */
export function nearestRegion(timeZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone): string {
  return NEAR.find(([zones]) => zones.test(timeZone))?.[1] ?? 'us-east-1';
}
