import { expect, it } from 'vitest';
import type { EventItem } from '../kernel/live/event';
import { chain } from './chain';

const event = (position: number, cause: number | null) => ({ position, event_id: `e${position}`, causation_id: cause === null ? null : `e${cause}` }) as EventItem;
const lines = (items: EventItem[]) => chain(items).map(({ item, depth }) => [item.position, depth]);

it('draws each event beneath its cause, however they come', () => {
  expect(lines([event(4, 1), event(1, null), event(3, 2), event(2, 1)])).toEqual([[1, 0], [2, 1], [3, 2], [4, 1]]);
});

it('begins anew where the cause is not to be seen', () => {
  expect(lines([event(5, 2), event(6, 5)])).toEqual([[5, 0], [6, 1]]);
});

it('bears a long chain', () => {
  expect(chain(Array.from({ length: 10_000 }, (_, n) => event(n + 1, n === 0 ? null : n))).at(-1)?.depth).toBe(9999);
});
