import type { EventItem } from '../kernel/live/event';

export interface Link {
  item: EventItem;
  /** How many causes stand above it here. */
  depth: number;
}

/**
 * Events of one correlation as a tree in lines: each beneath the command that caused it. Events of one command stand at one depth, in
 * order; what was caused by something that is not here begins anew.
 */
export function chain(items: readonly EventItem[]): Link[] {
  const depths = new Map<string, number>();
  return [...items]
    .sort((a, b) => a.position - b.position)
    .map((item) => {
      const known = depths.get(item.command_id);
      const above = item.causation_id === null ? undefined : depths.get(item.causation_id);
      const depth = known ?? (above === undefined ? 0 : above + 1);
      depths.set(item.command_id, depth);
      return { item, depth };
    });
}
