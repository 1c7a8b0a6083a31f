import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import { LiveConnection } from './connection';
import { FrameReader } from './frames';

describe('frames', () => {
  it('are cut anywhere', () => {
    const text = 'retry: 1000\n\nid: e.1\r\nevent: a\r\ndata: {"x":1}\r\n\r\n: alive\n\nevent: delta\ndata: 1\ndata: 2\n\nid: e.2\ndata: half';
    for (let size = 1; size < 20; size += 1) {
      const reader = new FrameReader();
      const frames = Array.from({ length: Math.ceil(text.length / size) }, (_, n) => reader.push(text.slice(n * size, (n + 1) * size))).flat();
      expect(frames).toEqual([{ id: 'e.1', event: 'a', data: '{"x":1}' }, { id: null, event: 'delta', data: '1\n2' }]);
    }
  });
});

const event = (n: number) => `id: e.${n}\nevent: t\ndata: {"position":${n}}\n\n`;
function body(text: string): Response {
  return new Response(new ReadableStream({ start: (stream) => (stream.enqueue(new TextEncoder().encode(text)), stream.close()) }));
}

describe('the live connection', () => {
  it('goes on after the last event it saw, and from now on in another history', async () => {
    const asked: string[] = [];
    const answers = [() => body(event(1) + event(2)), () => body(event(3)), () => { throw new Problem(410, 'epoch_changed', ''); }, () => body(event(9))];
    const positions: number[] = [];
    const reset = vi.fn();
    let stop = () => undefined as void;
    const done = new Promise<void>((resolve) => {
      const live = new LiveConnection((path) => {
        asked.push(new URL(path, 'http://x').searchParams.get('after') ?? 'now');
        const answer = answers.shift();
        return answer ? Promise.resolve().then(answer) : new Promise(() => undefined);
      });
      vi.spyOn(Math, 'random').mockReturnValue(-1);
      live.subscribe({ event: (item) => { positions.push(item.position); if (item.position === 9) resolve(); }, reset });
      stop = () => live.listen([]);
      live.listen(['team']);
    });
    await done;
    stop();
    expect(positions).toEqual([1, 2, 3, 9]);
    expect(asked.slice(0, 4)).toEqual(['now', 'e.2', 'e.3', 'now']);
    expect(reset).toHaveBeenCalled();
  });
});
