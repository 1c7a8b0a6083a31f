import type { ReactNode } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'plain';

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={tone === 'plain' ? 'badge' : `badge badge-${tone}`}>{children}</span>;
}
