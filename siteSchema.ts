import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { SITE_DEFINITION } from './src/core/siteDefinition';

/** The JSON schema of `sitelift.json` as editors get it, from the definition that checks the file. */
export const SCHEMA_FILE = join(__dirname, 'media', 'sitelift.schema.json');

/** The text of the schema file. */
export function siteSchemaText(): string {
  const schema = toJsonSchema(SITE_DEFINITION, {
    typeMode: 'output',
    // How large a partition may be depends on the volume, which JSON Schema cannot say; nor does it know of constants.
    ignoreActions: ['check', 'readonly'],
    // Patterns of JSON Schema have the flag u in themselves.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      'requirement' in valibotAction && valibotAction.requirement instanceof RegExp
        ? { ...jsonSchema, pattern: valibotAction.requirement.source }
        : undefined,
  });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (require.main === module) {
  writeFile(SCHEMA_FILE, siteSchemaText()).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
