/**
 * An event as its leaf is made of it (`eventstore/src/seal/leaf.rs`, frozen). Every field that the leaf holds is taken from the item that is shown, so
 * that one that was changed leads nowhere; the rest, which is not shown, from the proof.
 */
import type { EventItem } from '../../kernel/live/event';
import { type Bytes, concat, u32, u64, utf8, uuid } from './bytes';
import { sha256 } from './digest';

/** What an event's item does not say but its leaf is made of. */
export interface EventProof {
  epoch: string;
  tenant: string;
  actor_name: string;
  client_address: string | null;
  /** The exact text that was hashed, private fields sealed. */
  payload: string;
}

/** Microseconds since 1970 of a time with six digits, which are more than a `Date` holds. */
export function micros(time: string): bigint | null {
  const [, whole = '', fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)$/.exec(time) ?? [];
  const ms = Date.parse(`${whole}Z`);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

const NONE = u64(-1n);

function field(bytes: Bytes | null): Bytes {
  return bytes === null ? NONE : concat(u64(bytes.length), bytes);
}

/** Null where a field is not what it must be, such as an id that is none. */
export async function contentHash(item: EventItem, proof: EventProof): Promise<Bytes | null> {
  const text = (value: string | null) => (value === null ? null : utf8(value));
  const ids = [proof.epoch, item.event_id, item.command_id, item.correlation_id].map(uuid);
  const cause = item.causation_id === null ? null : uuid(item.causation_id);
  const [epoch, event, command, correlation] = ids;
  if (!epoch || !event || !command || !correlation || (item.causation_id !== null && !cause)) return null;
  const fields = [
    epoch, event, text(item.stream), u64(item.stream_version), text(item.type), u32(item.version), text(proof.tenant), text(item.project_id),
    text(item.actor.kind), text(item.actor.id), text(proof.actor_name), command, correlation, cause, text(proof.client_address), text(proof.payload),
  ];
  return sha256(concat(...fields.map(field)));
}

export function leafEntry(content: Bytes, item: EventItem): Bytes | null {
  const time = micros(item.time);
  return time === null ? null : concat(content, u64(item.position), u64(item.tenant_position), u64(time));
}

/** Why what is shown is not what was hashed; null when it is. */
export function disagreement(item: EventItem, proof: EventProof): 'team' | 'name' | 'data' | null {
  if (item.team_id !== null && item.team_id !== proof.tenant) return 'team';
  if (proof.actor_name !== '' && item.actor.name !== proof.actor_name) return 'name';
  try {
    return shows(item.data, JSON.parse(proof.payload)) ? null : 'data';
  } catch {
    return 'data';
  }
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A private field as it is stored. */
function sealed(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1 && ('$p' in value || '$forgotten' in value);
}

/** Whether some of the event was sealed: what it opens to only the server can say. */
export function holdsPrivate(value: unknown): boolean {
  return sealed(value) || (typeof value === 'object' && value !== null && Object.values(value).some(holdsPrivate));
}

/** Whether the data is the payload with something in place of each private field. */
function shows(data: unknown, payload: unknown): boolean {
  if (sealed(payload)) return true;
  if (Array.isArray(payload)) return Array.isArray(data) && data.length === payload.length && payload.every((value, at) => shows(data[at], value));
  if (isObject(payload)) {
    const names = Object.keys(payload);
    return isObject(data) && Object.keys(data).length === names.length && names.every((name) => Object.hasOwn(data, name) && shows(data[name], payload[name]));
  }
  return data === payload;
}
