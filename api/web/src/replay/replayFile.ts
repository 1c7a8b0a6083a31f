import type { EventItem } from '../kernel/live/event';
import { texts } from '../kernel/text/texts';

const FORMAT = 'opensail-session';

export interface ReplayFile {
  session: string;
  events: EventItem[];
}

/** Reads an export: a header line, event items, then blobs, which are not needed here. Throws an `Error` in words for people. */
export function readReplayFile(text: string): ReplayFile {
  const lines = text.split('\n');
  const head = parse(lines[0] ?? '');
  if (head?.format !== FORMAT || typeof head.session_id !== 'string') throw new Error(texts.replay.bad);
  const events: EventItem[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const item = parse(line);
    if (!item) throw new Error(texts.replay.badLine(index + 1));
    if (isEvent(item)) events.push(item);
    else if (!('blob' in item)) throw new Error(texts.replay.badLine(index + 1));
  }
  return { session: head.session_id, events: events.sort((a, b) => a.position - b.position) };
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isEvent(item: object): item is EventItem {
  const { type, position, time, data, actor } = item as Partial<EventItem>;
  return typeof type === 'string' && typeof position === 'number' && typeof time === 'string' && !Number.isNaN(Date.parse(time)) && isObject(data) && isObject(actor);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
