/** One server-sent event. `id` is null for what is only of this moment; an id without data says where the stream stands. */
export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

/** Cuts server-sent events (WHATWG HTML, 9.2) out of text that comes in any pieces. */
export class FrameReader {
  private rest = '';

  push(piece: string): Frame[] {
    this.rest += piece;
    const frames: Frame[] = [];
    // A carriage return at the end may be the first half of a line break.
    const whole = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    const blocks = whole.replaceAll('\r\n', '\n').split('\n\n');
    const last = blocks.pop() ?? '';
    this.rest = last + this.rest.slice(whole.length);
    for (const block of blocks) {
      const frame = parse(block);
      if (frame) frames.push(frame);
    }
    return frames;
  }
}

function parse(block: string): Frame | null {
  let id: string | null = null;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line === '' || line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length > 0 || id !== null ? { id, event, data: data.join('\n') } : null;
}
