import { Problem } from '../kernel/api/problem';
import type { EventItem } from '../kernel/live/event';
import { texts } from '../kernel/text/texts';

const FORMAT = 'opensail-session';

export interface ReplayFile {
  session: string;
  events: EventItem[];
  /** Bytes by hash, as base64. */
  blobs: ReadonlyMap<string, string>;
}

/** Reads an export: a header line, event items, then blobs. Throws an `Error` in words for people. */
export function readReplayFile(text: string): ReplayFile {
  const lines = text.split('\n');
  const head = parse(lines[0] ?? '');
  if (head?.format !== FORMAT || typeof head.session_id !== 'string') throw new Error(texts.replay.bad);
  const events: EventItem[] = [];
  const blobs = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const item = parse(line);
    if (!item) throw new Error(texts.replay.badLine(index + 1));
    if (isEvent(item)) events.push(item);
    else if (typeof item.blob === 'string' && typeof item.base64 === 'string') blobs.set(item.blob, item.base64);
    else throw new Error(texts.replay.badLine(index + 1));
  }
  return { session: head.session_id, events: events.sort((a, b) => a.position - b.position), blobs };
}

/** The bytes of a blob as text; throws when the file does not hold it. */
export function blobText(file: ReplayFile, hash: string): string {
  const base64 = file.blobs.get(hash);
  if (base64 === undefined) throw new Problem(404, 'not_found', texts.replay.noBlob);
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
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
