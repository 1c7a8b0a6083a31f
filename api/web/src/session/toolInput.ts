/** The argument of a tool that says most in a line. */
const TELLING = ['command', 'file_path', 'path', 'pattern', 'from', 'url', 'query'];

export function summary(tool: string, input: string): { short: string; full: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(input);
  } catch {
    return { short: '', full: input };
  }
  if (typeof parsed !== 'object' || parsed === null) return { short: '', full: input };
  const fields = parsed as Record<string, unknown>;
  const name = TELLING.find((name) => typeof fields[name] === 'string');
  const short = name ? String(fields[name]).split('\n')[0] ?? '' : '';
  const command = tool === 'bash_exec' && typeof fields.command === 'string' && Object.keys(fields).length === 1;
  return { short, full: command ? String(fields.command) : readable(fields) };
}

/** Each argument under its name, texts as texts and not as JSON. */
function readable(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
      return text.includes('\n') ? `${name}:\n${text}` : `${name}: ${text}`;
    })
    .join('\n');
}
