import { useSyncExternalStore } from 'react';

/** A stream of which answers show nothing from a position on. */
export interface Parked {
  stream: string;
  position: number;
}

/** What the answers on this page lack. */
export interface Lacking {
  streams: readonly Parked[];
  /** How many more there are. */
  more: number;
}

const NOTHING: Lacking = { streams: [], more: 0 };

/** What the header `OpenSail-Parked` says: `project-<id>;view=project;position=12, …, more;streams=3`. */
export function readParked(header: string | null): Lacking {
  const streams: Parked[] = [];
  let more = 0;
  for (const member of header?.split(',') ?? []) {
    const [stream = '', ...parameters] = member.trim().split(';');
    const number = (name: string) => Number(parameters.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? 0);
    if (stream === 'more') more += number('streams');
    else if (stream !== '') streams.push({ stream, position: number('position') });
  }
  return { streams, more };
}

/** By the address that was asked. */
const lacking = new Map<string, Lacking>();
const listeners = new Set<() => void>();
let together = NOTHING;

/** After every answer: what it lacks, or that it lacks nothing any more. */
export function noteParked(path: string, header: string | null): void {
  const address = path.split('?')[0] ?? path;
  if (header === null && !lacking.has(address)) return;
  if (header === null) lacking.delete(address);
  else lacking.set(address, readParked(header));
  changed();
}

/** On another page other things are asked. */
export function forgetParked(): void {
  if (lacking.size === 0) return;
  lacking.clear();
  changed();
}

function changed(): void {
  const streams = new Map<string, Parked>();
  let more = 0;
  for (const one of lacking.values()) {
    for (const parked of one.streams) streams.set(parked.stream, parked);
    more = Math.max(more, one.more);
  }
  together = streams.size === 0 ? NOTHING : { streams: [...streams.values()], more };
  for (const listener of listeners) listener();
}

export function nowLacking(): Lacking {
  return together;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLacking(): Lacking {
  return useSyncExternalStore(listen, nowLacking);
}
