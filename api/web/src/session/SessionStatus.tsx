import { texts } from '../kernel/text/texts';
import { Badge, type Tone } from '../kernel/ui/Badge';

const TONES: Record<string, Tone> = {
  queued: 'plain', running: 'busy', waiting_approval: 'warn', paused: 'warn', completed: 'good', failed: 'bad', cancelled: 'plain', limit_reached: 'warn',
};

export function SessionStatus({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? 'plain'}>{texts.session.statuses[status] ?? status}</Badge>;
}
