import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { describe, expect, it } from 'vitest';
import { Markdown } from './Markdown';
import { exact, plain } from './plain';

async function shown(text: string): Promise<HTMLElement> {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  const place = document.createElement('div');
  await act(async () => createRoot(place).render(<Markdown text={text} />));
  return place;
}

describe('Markdown', () => {
  it('makes no element of HTML', async () => {
    const place = await shown('<img src=x onerror=alert(1)> <script>alert(1)</script>\n\n<iframe src="https://x"></iframe>\n\n**bold**');
    expect(place.querySelector('img, script, iframe')).toBeNull();
    expect(place.querySelector('strong')?.textContent).toBe('bold');
  });

  it('opens only harmless links, and tells nobody where from', async () => {
    const place = await shown('[a](https://x.test) [b](javascript:alert(1)) [c](data:text/html,x) [d](/api/v1/auth/logout) ![e](https://x.test/i.png)');
    const links = [...place.querySelectorAll('a')];
    expect(links.map((link) => link.getAttribute('href'))).toEqual(['https://x.test']);
    expect(links[0]?.rel).toContain('noopener');
    expect(place.querySelector('img')).toBeNull();
    expect(place.textContent).toContain('b c d [e]');
  });

  it('shows half written text', async () => {
    expect((await shown('```rust\nfn main() {')).querySelector('code')?.textContent).toContain('fn main()');
  });
});

describe('what programs print', () => {
  it('obeys no escape', () => {
    expect(plain('\u001b[31mred\u001b[0m \u001b]0;title\u0007x \u001b]8;;https://evil\u001b\\link\u001b]8;;\u001b\\ \u001bPq\u001b\\ok\u0007\b')).toBe('red x link ok');
    expect(plain('10%\r50%\r100%\ndone\r\n')).toBe('100%\ndone\n');
    expect(plain('\u009b31mred')).toBe('red');
  });

  it('hides nothing of a command', () => {
    expect(exact('rm -rf /\u001b[2K\recho hi')).toBe('rm -rf /\\u{1b}[2K\\u{d}echo hi');
    expect(exact('a\u202eb')).toBe('a\\u{202e}b');
    expect(exact('line\n\tnext')).toBe('line\n\tnext');
  });
});
