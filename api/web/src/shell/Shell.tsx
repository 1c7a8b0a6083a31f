import { useEffect, useState } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { AccountMenu } from '../account/AccountMenu';
import { PasswordDialog } from '../account/PasswordDialog';
import { useApprovals } from '../approval/approvals';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Icon } from '../kernel/ui/Icon';
import { Notice } from '../kernel/ui/Notice';
import { NewTeamDialog } from '../team/NewTeamDialog';
import { TeamSwitcher } from '../team/TeamSwitcher';
import { CommandPalette } from './CommandPalette';
import { ConnectionBanner } from './ConnectionBanner';
import { ParkedBanner } from './ParkedBanner';
import './shell.css';

const PLACES = [
  ['/projects', texts.nav.projects],
  ['/approvals', texts.nav.approvals],
  ['/team', texts.nav.team],
  ['/audit', texts.nav.audit],
  ['/replay', texts.nav.replay],
] as const;

/** What stands around every page. */
export function Shell() {
  const location = useLocation();
  const waiting = useApprovals().value?.length ?? 0;
  const [password, setPassword] = useState(false);
  const [welcome, setWelcome] = useState(() => (location.state as { byLink?: boolean } | null)?.byLink === true);
  const [newTeam, setNewTeam] = useState(false);
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  useEffect(() => setMenu(false), [location.pathname]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  return (
    <div className="shell">
      <a className="skip" href="#content">{texts.skip}</a>
      <header className="bar">
        <Button look="quiet" className="button-icon bar-menu" aria-label={[menu ? texts.nav.closeMenu : texts.nav.menu, waiting > 0 && texts.nav.waiting(waiting)].filter(Boolean).join(', ')} aria-expanded={menu} aria-controls="navigation" onClick={() => setMenu(!menu)}>
          <Icon name={menu ? 'close' : 'menu'} />
          {waiting > 0 && !menu && <span className="count count-corner">{waiting}</span>}
        </Button>
        <NavLink to="/projects" className="brand">{texts.product}</NavLink>
        <TeamSwitcher onCreate={() => setNewTeam(true)} />
        <nav id="navigation" className={menu ? 'bar-nav bar-nav-open' : 'bar-nav'} aria-label={texts.nav.main}>
          {PLACES.map(([to, name]) => (
            <NavLink key={to} to={to}>
              {name}
              {to === '/approvals' && waiting > 0 && <span className="count"><span className="hidden">, </span>{waiting}<span className="hidden"> {texts.nav.waiting(waiting)}</span></span>}
            </NavLink>
          ))}
        </nav>
        <span className="bar-space" />
        <Button look="quiet" aria-keyshortcuts="Control+K" onClick={() => setPalette(true)}>
          <Icon name="search" /> <span className="hidden">{texts.palette.open}</span> <span className="kbd bar-wide">Ctrl K</span>
        </Button>
        <AccountMenu onPassword={() => setPassword(true)} />
      </header>
      <ConnectionBanner />
      <main id="content" tabIndex={-1} className="shell-main">
        {welcome && (
          <div className="page-top">
            <Notice>
              <p className="grow">{texts.account.welcome}</p>
              <Button small look="primary" onClick={() => setPassword(true)}>{texts.account.welcomeAction}</Button>
              <Button small look="quiet" onClick={() => setWelcome(false)}>{texts.account.later}</Button>
            </Notice>
          </div>
        )}
        <ParkedBanner />
        <Outlet />
      </main>
      <PasswordDialog open={password} onClose={() => setPassword(false)} onDone={() => setWelcome(false)} />
      <NewTeamDialog open={newTeam} onClose={() => setNewTeam(false)} />
      <CommandPalette open={palette} onClose={() => setPalette(false)} onNewTeam={() => setNewTeam(true)} />
    </div>
  );
}
