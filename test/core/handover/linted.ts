import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from '../../../src/core/handover/template';
import { templateLinter } from '../../setup/python';

/** What of the schemas of CloudFormation's resource types is asked for. */
export interface ResourceSchema {
  /** Names of the properties that an import identifies a resource by. */
  readonly primaryIdentifier: readonly string[];
}

const LINT = 'from cfnlint import runner; runner.main()';
const SCHEMAS = `
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as schemas
def schema(kind):
    found = schemas.get_resource_schema("us-east-1", kind).schema
    return {"primaryIdentifier": [path.rsplit("/", 1)[1] for path in found["primaryIdentifier"]]}
json.dump({kind: schema(kind) for kind in sys.argv[1:]}, sys.stdout)
`;

/** A volume that is there lies in a zone, of which cfn-lint warns in templates that are for any place. */
const ZONE_WARNING = 'W3010';

/** What cfn-lint finds wrong with a template, warnings and hints too, as lines; none for a right one. */
export async function lint(template: Template, region: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-template-'));
  try {
    const file = join(folder, 'site.template.json');
    await writeFile(file, JSON.stringify(template, null, 2));
    const checks = ['--include-checks', 'I', '--ignore-checks', ZONE_WARNING];
    return (await python(['-c', LINT, ...checks, '--regions', region, '--template', file])).trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The schemas of resource types, which cfn-lint has from CloudFormation's registry. */
export async function schemasOf(types: readonly string[]): Promise<Readonly<Record<string, ResourceSchema>>> {
  return JSON.parse(await python(['-c', SCHEMAS, ...types])) as Readonly<Record<string, ResourceSchema>>;
}

/** What the Python that has cfn-lint writes; that it finds something is no failure. */
async function python(args: readonly string[]): Promise<string> {
  const environment = await templateLinter();
  return new Promise((resolve, reject) => {
    execFile(environment.python, args, { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      // Its exit codes are the sum of what it found: 2 errors, 4 warnings, 8 hints.
      const isFinding = error && typeof error.code === 'number' && error.code % 2 === 0 && stdout !== '';
      if (error && !isFinding) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
