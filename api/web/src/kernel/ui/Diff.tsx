/** A unified difference, coloured by its first characters; what was added or removed is also said by + and −. */
export function looksLikeDiff(text: string): boolean {
  return /^(---|\+\+\+) .*\n(?:.*\n)?@@ /m.test(text) || /^@@ -\d/m.test(text);
}

export function Diff({ text, label }: { text: string; label: string }) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    // Long differences are scrolled by keyboard too.
    <div className="pre pre-tall diff" role="region" aria-label={label} tabIndex={0}>
      {lines.map((line, index) => (
        <div key={index} className={kind(line)}>{line || ' '}</div>
      ))}
    </div>
  );
}

function kind(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return 'diff-file';
  if (line.startsWith('+')) return 'diff-added';
  if (line.startsWith('-')) return 'diff-removed';
  if (line.startsWith('@@')) return 'diff-place';
  return undefined;
}
