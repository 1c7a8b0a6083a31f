// One event of the given payload per append, each into its own stream, so many in flight: node emmett.mjs URL SECONDS IN_FLIGHT PAYLOAD.
// Prints the microseconds of each append that ended within the time, one a line.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(`${process.cwd()}/`);
const { getPostgreSQLEventStore } = require('@event-driven-io/emmett-postgresql');
const [url, seconds, inFlight, payload] = process.argv.slice(2);

const store = getPostgreSQLEventStore(url);
const append = () =>
  store.appendToStream(`bench-${randomUUID()}`, [{ type: 'bench.appended', data: JSON.parse(payload) }], {
    expectedStreamVersion: 'STREAM_DOES_NOT_EXIST',
  });
await append();
const end = performance.now() + Number(seconds) * 1000;
const times = [];
const loop = async () => {
  for (;;) {
    const start = performance.now();
    await append();
    const now = performance.now();
    if (now > end) return;
    times.push(Math.round((now - start) * 1000));
  }
};
await Promise.all(Array.from({ length: Number(inFlight) }, loop));
await new Promise((written) => process.stdout.write(times.map((time) => `${time}\n`).join(''), written));
process.exit(0);
