// Holds src/kernel/api/schema.ts against the locked OpenAPI document; with --write it is made anew.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTypes, { astToString } from 'openapi-typescript';

const SNAPSHOT = new URL('../../src/tests/snapshots/opensail_api__tests__openapi__openapi.snap', import.meta.url);
const TYPES = new URL('../src/kernel/api/schema.ts', import.meta.url);

// A snapshot begins with a header between two lines of dashes.
const document = JSON.parse(readFileSync(SNAPSHOT, 'utf8').split('---\n').slice(2).join('---\n'));
const made = `// Made from the OpenAPI document by \`npm run types\`; not edited by hand.\n${astToString(await openapiTypes(document))}`;

if (process.argv.includes('--write')) {
  writeFileSync(TYPES, made);
} else if (readFileSync(TYPES, 'utf8') !== made) {
  console.error('src/kernel/api/schema.ts does not fit the OpenAPI document: npm run types');
  process.exit(1);
}
