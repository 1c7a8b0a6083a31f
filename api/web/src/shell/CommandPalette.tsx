import { useId, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import { get, type Listing } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { setTheme } from '../kernel/theme';
import { Dialog } from '../kernel/ui/Dialog';
import { type Project, useProjects } from '../project/projects';
import type { Session } from '../session/sessions';
import { useTeams } from '../team/teams';

interface Entry {
  key: string;
  group: string;
  name: string;
  run(): void;
}

interface Props {
  open: boolean;
  onClose(): void;
  onNewTeam(): void;
}

export function CommandPalette({ open, onClose, onNewTeam }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={texts.palette.open}>
      {open && <Search onClose={onClose} onNewTeam={onNewTeam} />}
    </Dialog>
  );
}

function Search({ onClose, onNewTeam }: Omit<Props, 'open'>) {
  const entries = useEntries(onNewTeam);
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) => words.every((word) => `${entry.group} ${entry.name}`.toLowerCase().includes(word)));
  const selected = Math.min(at, found.length - 1);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const key = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) {
      event.preventDefault();
      setAt((selected + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[selected]);
    }
  };
  return (
    <>
      <input
        className="input"
        role="combobox"
        aria-label={texts.palette.open}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[selected] ? `${id}-${selected}` : undefined}
        aria-autocomplete="list"
        placeholder={texts.palette.placeholder}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={key}
      />
      <ul id={id} role="listbox" aria-label={texts.palette.results} className="palette-list">
        {found.map((entry, index) => (
          // The keys are heard by the input, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li key={entry.key} id={`${id}-${index}`} role="option" aria-selected={index === selected} className="palette-item" onClick={() => choose(entry)} onMouseMove={() => setAt(index)}>
            <span className="cut">{entry.name}</span>
            <span className="small soft">{entry.group}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="soft" role="status">{texts.palette.none}</p>}
    </>
  );
}

function useEntries(onNewTeam: () => void): Entry[] {
  const navigate = useNavigate();
  const { all, current, choose } = useTeams();
  const projects = useProjects(current?.id ?? null).value;
  const sessions = useNewestSessions(projects);
  return useMemo(() => {
    const go = (to: string) => () => void navigate(to);
    const { nav, palette, theme } = texts;
    const place = (to: string, name: string): Entry => ({ key: to, group: palette.go, name, run: go(to) });
    const action = (name: string, run: () => void): Entry => ({ key: name, group: palette.actions, name, run });
    return [
      ...(projects ?? []).map((project) => ({ key: project.id, group: palette.projects, name: project.name, run: go(`/projects/${project.id}`) })),
      ...(sessions ?? []).map((session) => ({ key: session.id, group: palette.sessions, name: session.title, run: go(`/sessions/${session.id}`) })),
      place('/projects', nav.projects),
      place('/approvals', nav.approvals),
      place('/team', nav.team),
      place('/audit', nav.audit),
      place('/replay', nav.replay),
      place('/model', texts.model.title),
      action(palette.newProject, go('/projects?new')),
      action(palette.newTeam, onNewTeam),
      action(palette.theme(theme.light), () => setTheme('light')),
      action(palette.theme(theme.dark), () => setTheme('dark')),
      action(palette.theme(theme.system), () => setTheme('system')),
      ...all.filter((team) => team !== current).map((team) => ({ key: team.id, group: texts.team.switch, name: team.name, run: () => choose(team.id) })),
    ];
  }, [navigate, all, current, choose, projects, sessions, onNewTeam]);
}

/** Projects whose sessions are looked up, the last changed first, and sessions of each. */
const PROJECTS = 8;
const SESSIONS = 10;

function useNewestSessions(projects: readonly Project[] | undefined): Session[] | undefined {
  const newest = [...(projects ?? [])].sort((a, b) => b.updated_at.localeCompare(a.updated_at)).slice(0, PROJECTS);
  const read = async () => {
    const lists = await Promise.all(newest.map(({ id }) => get<Listing<Session>>(`/api/v1/projects/${id}/sessions?order=desc&limit=${SESSIONS}`)));
    return lists.flatMap((list) => list.items).sort((a, b) => b.created_at.localeCompare(a.created_at));
  };
  return useResource(newest.length > 0 ? `sessions ${newest.map(({ id }) => id).join()}` : null, read).value;
}
