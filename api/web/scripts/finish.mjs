// Compresses the bundle beforehand and holds the first load against its limit.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const BUNDLE = new URL('../dist/console/', import.meta.url).pathname;
const MAX_FIRST_LOAD = 250 * 1024;
const COMPRESSED = /\.(js|css|html|svg|json)$/;

const gzipped = new Map();
for (const name of readdirSync(BUNDLE, { recursive: true })) {
  if (!COMPRESSED.test(name)) continue;
  const bytes = readFileSync(join(BUNDLE, name));
  const gzip = gzipSync(bytes, { level: 9 });
  gzipped.set(name, gzip.length);
  writeFileSync(join(BUNDLE, `${name}.gz`), gzip);
  writeFileSync(join(BUNDLE, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

// The entry and whatever it imports statically, with their styles.
const manifest = JSON.parse(readFileSync(join(BUNDLE, 'manifest.json'), 'utf8'));
const first = new Set(['index.html']);
const seen = new Set();
const visit = (key) => {
  if (seen.has(key)) return;
  seen.add(key);
  const chunk = manifest[key];
  [chunk.file, ...(chunk.css ?? [])].forEach((file) => first.add(file));
  (chunk.imports ?? []).forEach(visit);
};
visit('index.html');
const total = [...first].reduce((sum, file) => sum + (gzipped.get(file) ?? 0), 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log(`first load ${kib(total)} gzip of at most ${kib(MAX_FIRST_LOAD)}`);
if (total > MAX_FIRST_LOAD) {
  console.error('the first load is too large: load something on demand');
  process.exit(1);
}
