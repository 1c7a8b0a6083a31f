import type { Extension } from '@codemirror/state';

/** Grammars by the ending of a file's name; each is loaded when a file wants it. */
const LANGUAGES: Record<string, () => Promise<Extension>> = {
  js: async () => (await import('@codemirror/lang-javascript')).javascript({ jsx: true }),
  ts: async () => (await import('@codemirror/lang-javascript')).javascript({ jsx: true, typescript: true }),
  py: async () => (await import('@codemirror/lang-python')).python(),
  rs: async () => (await import('@codemirror/lang-rust')).rust(),
  md: async () => (await import('@codemirror/lang-markdown')).markdown(),
  json: async () => (await import('@codemirror/lang-json')).json(),
  html: async () => (await import('@codemirror/lang-html')).html(),
  css: async () => (await import('@codemirror/lang-css')).css(),
  yaml: async () => (await import('@codemirror/lang-yaml')).yaml(),
};
const ALIASES: Record<string, string> = { jsx: 'js', mjs: 'js', cjs: 'js', tsx: 'ts', mts: 'ts', htm: 'html', svg: 'html', xml: 'html', yml: 'yaml', markdown: 'md' };

export async function languageOf(path: string): Promise<Extension> {
  const ending = path.split('.').pop()?.toLowerCase() ?? '';
  return (await LANGUAGES[ALIASES[ending] ?? ending]?.()) ?? [];
}
