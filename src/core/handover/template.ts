/** A resource of a template, and how an import finds the one in AWS. */
export interface Part {
  readonly logicalId: string;
  /** E.g. `AWS::EC2::Instance`. */
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The values of the primary identifier of its type. */
  readonly identifier: Readonly<Record<string, string>>;
  /** What other parts call it, with what the template says instead; `undefined` is nothing that they could call it. */
  readonly calledBy: readonly (readonly [name: string | undefined, reference: unknown])[];
  /** Values that are secrets, given to the template as parameters. */
  readonly secrets?: readonly Secret[];
}

/** A parameter of a template that stands for a secret, of which the template has no value. */
export interface Secret {
  readonly parameter: string;
  readonly description: string;
  /** The origin of the distribution whose header it is, and that header. */
  readonly origin: string;
  readonly header: string;
}

/** A CloudFormation template. */
export interface Template {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Metadata: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** A resource as a template says it. */
export interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy: 'Retain';
  readonly UpdateReplacePolicy: 'Retain';
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** What `aws cloudformation create-change-set --resources-to-import` takes of one resource. */
export interface ToImport {
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly ResourceIdentifier: Readonly<Record<string, string>>;
}

/** The template of some parts, which refer to each other, and the list with which they are imported. */
export function templateOf(
  parts: readonly Part[],
  about: { readonly description: string; readonly metadata: Readonly<Record<string, unknown>> },
): { readonly template: Template; readonly imports: readonly ToImport[] } {
  const secrets = parts.flatMap((part) => part.secrets ?? []);
  const resources = parts.map((part): [string, TemplateResource] => [
    part.logicalId,
    { Type: part.type, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties: referring(part, parts) },
  ]);
  const parameters = secrets.map(({ parameter, description }) => [
    parameter,
    { Type: 'String', NoEcho: true, Description: description },
  ]);
  return {
    template: {
      AWSTemplateFormatVersion: '2010-09-09',
      Description: about.description,
      Metadata: about.metadata,
      ...(parameters.length > 0 ? { Parameters: Object.fromEntries(parameters) as Record<string, unknown> } : {}),
      Resources: Object.fromEntries(resources),
    },
    imports: parts.map(({ identifier, logicalId, type }) => ({
      ...{ ResourceType: type, LogicalResourceId: logicalId, ResourceIdentifier: identifier },
    })),
  };
}

/** A logical id that stays the same as long as no other part of its kind comes before it. */
export function numbered(logicalId: string, index: number): string {
  return index === 0 ? logicalId : `${logicalId}${index + 1}`;
}

/** A value without what AWS answers for nothing: empty texts, lists and objects. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, withoutNothing(inner)]);
  return Object.fromEntries(entries.filter(([, inner]) => !isNothing(inner)));
}

/** Properties without what AWS answers for nothing. */
export function properties(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return withoutNothing(value) as Record<string, unknown>;
}

/** Tags as templates take them: those of AWS itself, such as the one of a stack, may not be given. */
export function tagList(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): { Key: string; Value: string }[] {
  return (tags ?? []).flatMap(({ Key, Value }) =>
    Key && !Key.startsWith('aws:') ? [{ Key, Value: Value ?? '' }] : [],
  );
}

/** Properties in which the other parts are not called by the names that they have now; tags are only words. */
function referring(part: Part, parts: readonly Part[]): Record<string, unknown> {
  const references = new Map(
    parts.flatMap((other) =>
      other === part ? [] : other.calledBy.flatMap(([name, to]) => (name ? [[name, to] as const] : [])),
    ),
  );
  const refer = (value: unknown): unknown => {
    if (typeof value === 'string') return references.get(value) ?? value;
    if (Array.isArray(value)) return value.map(refer);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, refer(inner)]));
  };
  return Object.fromEntries(
    Object.entries(part.properties).map(([key, value]) => [key, key === 'Tags' ? value : refer(value)]),
  );
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && !(value instanceof Date) && Object.keys(value).length === 0;
}
