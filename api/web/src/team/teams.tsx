import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { getAll, type Schema } from '../kernel/api/client';
import { live } from '../kernel/live/live';
import { useResource } from '../kernel/live/resource';
import { Shown } from '../kernel/ui/Shown';

export type Team = Schema['MyTeam'];

interface Teams {
  all: readonly Team[];
  /** The one that is worked in; none while the person is in no team. */
  current: Team | undefined;
  choose(id: string): void;
  reload(): void;
}

const KEY = 'opensail.team';

/** The team that is worked in when the pages are opened next. */
export function prefer(id: string): void {
  localStorage.setItem(KEY, id);
}

/** Whatever may have changed a team; that somebody looked at its audit does not. */
const CHANGES = /^team\.(?!audit_)/;
/** How often somebody in no team looks for one, in milliseconds. */
const FIRST_TEAM = 4000;
const TeamsContext = createContext<Teams | null>(null);

export function useTeams(): Teams {
  const teams = useContext(TeamsContext);
  if (!teams) throw new Error('useTeams outside of TeamsProvider');
  return teams;
}

/** At least editor, and at least admin, of a team. */
export function mayWork(team: Team | undefined): boolean {
  return team !== undefined && team.role !== 'viewer';
}
export function mayManage(team: Team | undefined): boolean {
  return team?.role === 'admin';
}

/** Nobody tells a person who is added to a team: looked for when the tab is shown again, and by somebody who waits for the first one all the time. */
function useLookAgain(look: () => void, waiting: boolean): void {
  useEffect(() => {
    const shown = () => document.visibilityState === 'visible' && look();
    document.addEventListener('visibilitychange', shown);
    const timer = waiting ? setInterval(shown, FIRST_TEAM) : undefined;
    return () => {
      document.removeEventListener('visibilitychange', shown);
      clearInterval(timer);
    };
  }, [look, waiting]);
}

/** The person's teams; listens to all that happens in them. */
export function TeamsProvider({ children }: { children: ReactNode }) {
  const teams = useResource('teams', () => getAll<Team>('/api/v1/teams'), (item) => CHANGES.test(item.type));
  const [chosen, setChosen] = useState(() => localStorage.getItem(KEY));
  const ids = teams.value?.map((team) => team.id).sort().slice(0, 99).join();
  useEffect(() => {
    if (ids !== undefined) live.listen(ids === '' ? [] : ids.split(','));
  }, [ids]);
  useEffect(() => () => live.listen([]), []);
  useLookAgain(teams.reload, ids === '');
  return (
    <Shown resource={teams}>
      {(all) => {
        const choose = (id: string) => {
          prefer(id);
          setChosen(id);
        };
        const current = all.find((team) => team.id === chosen) ?? all[0];
        return <TeamsContext value={{ all, current, choose, reload: teams.reload }}>{children}</TeamsContext>;
      }}
    </Shown>
  );
}
