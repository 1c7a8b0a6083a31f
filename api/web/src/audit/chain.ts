import type { EventItem } from '../kernel/live/event';

export interface Link {
  item: EventItem;
  /** How many causes stand above it here. */
  depth: number;
}

/** Events as a tree in lines: each beneath the one that caused it. What was caused by something that is not here stands at the edge. */
export function chain(items: readonly EventItem[]): Link[] {
  const ordered = [...items].sort((a, b) => a.position - b.position);
  const here = new Set(ordered.map((item) => item.event_id));
  const children = new Map<string | null, EventItem[]>();
  for (const item of ordered) {
    const cause = item.causation_id !== null && here.has(item.causation_id) ? item.causation_id : null;
    children.set(cause, [...(children.get(cause) ?? []), item]);
  }
  const links: Link[] = [];
  // Not by recursion: a long session is a chain of thousands. The last in is the first to be shown.
  const open = (children.get(null) ?? []).map((item) => ({ item, depth: 0 })).reverse();
  for (let link = open.pop(); link; link = open.pop()) {
    links.push(link);
    const depth = link.depth + 1;
    for (const item of (children.get(link.item.event_id) ?? []).reverse()) open.push({ item, depth });
  }
  return links;
}
