import { get, type Schema, send } from '../kernel/api/client';

/** Larger files are not opened in the editor, in bytes. */
export const MAX_SHOWN = 2 * 1024 * 1024;

export interface OpenFile {
  path: string;
  text: string;
  /** Names this content: sent back with a save, so that nobody's change is written over. */
  etag: string;
}

/** Whatever may have changed a project's files. */
export const WRITES = /^(project\.(file_|prepared)|agent_session\.tool_call_completed)/;

export type Unshown = 'binary' | 'too-large';

export function address(project: string, path: string): string {
  return `/api/v1/projects/${project}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

export function readTree(project: string, path: string): Promise<Schema['TreeBody']> {
  return get(`/api/v1/projects/${project}/tree?path=${encodeURIComponent(path)}`);
}

export function readFile(project: string, path: string): Promise<OpenFile | Unshown> {
  return readText(address(project, path), path);
}

/** The file that lies at an address of the server. */
export async function readText(address: string, path: string): Promise<OpenFile | Unshown> {
  const response = await send(address);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > MAX_SHOWN) return 'too-large';
  const text = decode(bytes);
  return text === null ? 'binary' : { path, text, etag: response.headers.get('etag') ?? '' };
}

/** Throws 412 when the file is another by now. `etag` null: it must not be there yet. Answers the new etag. */
export async function writeFile(project: string, path: string, text: string, etag: string | null): Promise<string> {
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
  if (etag === null) headers['if-none-match'] = '*';
  else headers['if-match'] = etag;
  const response = await send(address(project, path), { method: 'PUT', bytes: new TextEncoder().encode(text), headers });
  return response.headers.get('etag') ?? '';
}

export async function deleteFile(project: string, path: string, etag: string): Promise<void> {
  await send(address(project, path), { method: 'DELETE', headers: { 'if-match': etag } });
}

/** Text only when it is UTF-8 and comes back as the same bytes. */
function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}
