import { expect, test } from 'vitest';
import { localTime, thenAt } from './lookBack';

test('a point stands behind a path, whatever else does', () => {
  expect(thenAt('/a', null)).toBe('/a');
  expect(thenAt('/a', '2026-01-02T03:04:05.000Z')).toBe('/a?as_of=2026-01-02T03%3A04%3A05.000Z');
  expect(thenAt('/a?b=c', '12')).toBe('/a?b=c&as_of=12');
});

test('a field for a time gives back the second it was given', () => {
  const time = new Date('2026-07-08T09:10:11.000Z');
  expect(new Date(localTime(time)).toISOString()).toBe(time.toISOString());
});
