/** A file that both sides changed. */
export interface FileConflict {
  path: string;
  /** Whether something stands there, and there in what comes. */
  ours: boolean;
  theirs: boolean;
  /** Of a text that is merged, both between markers. */
  marked: string | null;
}

/** An error answer of the server (RFC 9457), or a network that is away (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Texts by JSON pointer into the body that was sent. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** Seconds to wait before asking again. */
    readonly retryAfter: number | null = null,
    readonly reason: string | null = null,
    readonly conflicts: readonly FileConflict[] = [],
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

interface ProblemBody {
  code?: string;
  detail?: string;
  reason?: string;
  conflicts?: FileConflict[];
  errors?: { pointer?: string; detail: string }[];
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const fields: Record<string, string> = {};
  for (const { pointer, detail } of body.errors ?? []) if (pointer) fields[pointer] = detail;
  const wait = Number(response.headers.get('retry-after'));
  const detail = body.detail ?? response.statusText;
  return new Problem(response.status, body.code ?? 'unknown', detail, fields, wait > 0 ? wait : null, body.reason ?? null, body.conflicts ?? []);
}
