import { isOurs, statementsOf, type BucketPolicy, type PolicyStatement } from '../bucket/bucketPolicy';

/** How a distribution reads a bucket: by an access control, by a former origin access identity, or as anybody may. */
export type EdgeReader =
  | { readonly kind: 'control'; readonly arn: string }
  | { readonly kind: 'identity'; readonly id: string }
  | { readonly kind: 'anybody' };

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a policy says of an object, by its key. */
export interface Verdicts {
  /** The reader gets it. */
  readonly isReadable: (key: string) => boolean;
  /** He gets it only as everybody does, unless Block Public Access overrules the policy. */
  readonly isForAll: (key: string) => boolean;
}

/** What a policy says of objects; or of which statement that cannot be told. */
export type Judgement = Verdicts | { readonly unclear: string };

interface Rule {
  readonly denies: boolean;
  readonly isForAll: boolean;
  readonly covers: (key: string) => boolean;
}

/**
 * Judges what a distribution may read of a bucket, so that nothing is published that nobody could read before. A statement with more than is known here is
 * not guessed at (IAM documentation, “Policy evaluation logic” and “IAM JSON policy elements: Condition operators”).
 */
export function judge(policy: BucketPolicy, bucketArn: string, reader: EdgeReader): Judgement {
  const rules: Rule[] = [];
  for (const statement of statementsOf(policy)) {
    const denies = statement['Effect'] === 'Deny';
    const about = isAbout(statement, reader);
    if (about === false || (isOurs(statement) && denies)) continue;
    const holds = about === undefined ? undefined : conditionsHold(statement, reader, denies);
    const patterns = patternsOf(statement);
    if (holds === false) continue;
    if (holds === undefined || patterns === undefined) return { unclear: nameOf(statement) };
    const isForAll = namesEverybody(statement);
    rules.push({ denies, isForAll, covers: (key) => patterns.some((pattern) => pattern.test(`${bucketArn}/${key}`)) });
  }
  const some = (which: (rule: Rule) => boolean, key: string) => rules.some((rule) => which(rule) && rule.covers(key));
  const isReadable = (key: string) => some(({ denies }) => !denies, key) && !some(({ denies }) => denies, key);
  const isGiven = (key: string) => some(({ denies, isForAll }) => !denies && !isForAll, key);
  return { isReadable, isForAll: (key) => isReadable(key) && !isGiven(key) };
}

/** True when a policy has a statement that lets everybody in. */
export function letsEverybodyIn(policy: BucketPolicy): boolean {
  return statementsOf(policy).some((statement) => statement['Effect'] === 'Allow' && namesEverybody(statement));
}

/** Whether a statement speaks of the reader and of reading; undefined where that cannot be told. */
function isAbout(statement: PolicyStatement, reader: EdgeReader): boolean | undefined {
  if ('NotAction' in statement) return undefined;
  const actions = texts(statement['Action']);
  if (!actions.some((action) => patternOf(action.toLowerCase()).test('s3:getobject'))) return false;
  if ('NotPrincipal' in statement) return undefined;
  if (namesEverybody(statement)) return true;
  const { AWS, CanonicalUser, Service } = principalOf(statement);
  if (reader.kind === 'control') return texts(Service).includes('cloudfront.amazonaws.com');
  if (reader.kind === 'anybody') return false;
  const isNamed = texts(AWS).some((name) => name.endsWith(` Origin Access Identity ${reader.id}`));
  // A canonical user may be the identity, or another one.
  return isNamed || (CanonicalUser === undefined ? false : undefined);
}

/** Whether the conditions of a statement are met by what the edges send; undefined where that cannot be told. */
function conditionsHold(statement: PolicyStatement, reader: EdgeReader, denies: boolean): boolean | undefined {
  const conditions = (statement['Condition'] ?? {}) as Conditions;
  let all: boolean | undefined = true;
  for (const [operator, tests] of Object.entries(conditions)) {
    for (const [key, value] of Object.entries(tests)) {
      const holds = conditionHolds(operator, key.toLowerCase(), texts(value), reader, denies);
      if (holds === false) return false;
      if (holds === undefined) all = undefined;
    }
  }
  return all;
}

function conditionHolds(
  operator: string,
  key: string,
  values: readonly string[],
  reader: EdgeReader,
  denies: boolean,
): boolean | undefined {
  if (values.some((value) => value.includes('${'))) return undefined;
  // Viewers are answered by HTTPS, and so the edges ask by it, with a version of TLS that is not old.
  if (key === 'aws:securetransport' && operator === 'Bool') return values.includes('true');
  if (key === 's3:tlsversion' && operator.startsWith('NumericLessThan') && denies) return false;
  const [, not, kind] = /^(?:String|Arn)(Not)?(Equals|Like)$/.exec(operator) ?? [];
  if (kind === undefined || (key !== 'aws:sourcearn' && key !== 'aws:sourceaccount')) return undefined;
  if (reader.kind !== 'control') return not !== undefined;
  const [, , , , account = ''] = reader.arn.split(':');
  const actual = key === 'aws:sourcearn' ? reader.arn : account;
  const isLike = kind === 'Like' || operator.startsWith('Arn');
  const isMet = values.some((value) => (isLike ? patternOf(value).test(actual) : value === actual));
  return isMet === (not === undefined);
}

function patternsOf(statement: PolicyStatement): readonly RegExp[] | undefined {
  if ('NotResource' in statement) return undefined;
  const resources = texts(statement['Resource']);
  return resources.some((resource) => resource.includes('${')) ? undefined : resources.map(patternOf);
}

/** In policies `*` stands for any characters and `?` for one. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

function namesEverybody(statement: PolicyStatement): boolean {
  return statement['Principal'] === '*' || texts(principalOf(statement)['AWS']).includes('*');
}

function principalOf(statement: PolicyStatement): Readonly<Record<string, unknown>> {
  const principal = statement['Principal'];
  return typeof principal === 'object' && principal !== null ? (principal as Record<string, unknown>) : {};
}

function nameOf(statement: PolicyStatement): string {
  return statement.Sid ?? JSON.stringify(statement);
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((one): one is string => typeof one === 'string');
}
