/** An event on the wire; `data` by its type. */
export interface EventItem {
  event_id: string;
  position: number;
  tenant_position: number;
  stream: string;
  stream_version: number;
  type: string;
  version: number;
  time: string;
  actor: { kind: string; id: string; name: string };
  team_id: string | null;
  project_id: string | null;
  command_id: string;
  correlation_id: string;
  causation_id: string | null;
  data: Readonly<Record<string, unknown>>;
  client_address?: string | null;
}

/** Text that a model writes just now; `offset` counts UTF-8 bytes of the turn's text before it. */
export interface Delta {
  session_id: string;
  turn: number;
  attempt: number;
  offset: number;
  text: string;
}
