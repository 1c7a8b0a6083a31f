import { texts } from '../kernel/text/texts';
import { Badge, type Tone } from '../kernel/ui/Badge';
import type { Project } from './projects';

const TONES: Record<string, Tone> = { preparing: 'busy', ready: 'good', failed: 'bad' };

export function ProjectStatus({ project }: { project: Project }) {
  return <Badge tone={TONES[project.status] ?? 'plain'}>{texts.project.status[project.status] ?? project.status}</Badge>;
}
