/** Numbers and times as people read them. */
export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  if (n < 1024 * 1024) return `${(n / 1024).toFixed(1)} KiB`;
  return `${(n / 1024 / 1024).toFixed(1)} MiB`;
}

export function milliseconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return seconds(Math.round(ms / 1000));
}

export function seconds(all: number): string {
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), Math.floor(all % 60)];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

export function amount(n: number): string {
  if (n >= 1_000_000) return `${trim(n / 1_000_000)} M`;
  if (n >= 10_000) return `${trim(n / 1000)} k`;
  return n.toLocaleString('en');
}

export function dollars(micro: number): string {
  const value = micro / 1_000_000;
  return `$${value !== 0 && value < 0.01 ? value.toFixed(4) : value.toFixed(2)}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function ago(time: string, now = Date.now()): string {
  const past = Math.round((Date.parse(time) - now) / 1000);
  const far = Math.abs(past);
  if (far < 45) return past <= 0 ? 'just now' : 'in a moment';
  if (far < 3600) return relative.format(Math.round(past / 60), 'minute');
  if (far < 86_400) return relative.format(Math.round(past / 3600), 'hour');
  return relative.format(Math.round(past / 86_400), 'day');
}

const dateTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
export function moment(time: string): string {
  return dateTime.format(new Date(time));
}

const clockTime = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
export function clock(time: string): string {
  return clockTime.format(new Date(time));
}

function trim(n: number): string {
  return n.toFixed(1).replace(/\.0$/, '');
}
