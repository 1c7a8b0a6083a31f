import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { SignedIn } from './account/me';
import { SignInPage } from './account/SignIn';
import { ApprovalsPage } from './approval/ApprovalsPage';
import { texts } from './kernel/text/texts';
import { ProjectPage } from './project/ProjectPage';
import { ProjectSettings } from './project/ProjectSettings';
import { ProjectsPage } from './project/ProjectsPage';
import { ProjectSessions } from './session/ProjectSessions';
import { Failed, NotFound } from './shell/Failed';
import { Shell } from './shell/Shell';
import { TeamPage } from './team/TeamPage';
import { TeamsProvider } from './team/teams';

/** Rooms that are loaded when they are entered. */
const inProject: RouteObject[] = [
  { index: true, element: <ProjectSessions /> },
  { path: 'files/*', lazy: async () => ({ Component: (await import('./files/FilesView')).FilesView }) },
  { path: 'settings', element: <ProjectSettings /> },
];
const inSession: RouteObject[] = [
  { index: true, lazy: async () => ({ Component: (await import('./session/ConversationView')).ConversationView }) },
  { path: 'changes', lazy: async () => ({ Component: (await import('./session/ChangesView')).ChangesView }) },
  { path: 'snapshots', lazy: async () => ({ Component: (await import('./steps/SnapshotsView')).SnapshotsView }) },
  { path: 'forks', lazy: async () => ({ Component: (await import('./steps/ForksView')).ForksView }) },
  { path: 'compare', lazy: async () => ({ Component: (await import('./steps/CompareView')).CompareView }) },
  { path: 'history', lazy: async () => ({ Component: (await import('./replay/HistoryView')).HistoryView }) },
];

/** First parts of addresses: the same list stands in `api/src/console/mod.rs`, which answers the page for them. */
export const router = createBrowserRouter([
  { path: '/sign-in', element: <SignInPage />, errorElement: <Failed /> },
  { path: '/join', errorElement: <Failed />, hydrateFallbackElement: <p className="page soft" role="status">{texts.loading}</p>, lazy: async () => ({ Component: (await import('./team/JoinPage')).JoinPage }) },
  {
    element: <SignedIn><TeamsProvider><Shell /></TeamsProvider></SignedIn>,
    errorElement: <Failed />,
    hydrateFallbackElement: <p className="page soft" role="status">{texts.loading}</p>,
    children: [
      { index: true, element: <Navigate to="/projects" replace /> },
      { path: 'projects', element: <ProjectsPage /> },
      { path: 'projects/:projectId', element: <ProjectPage />, children: inProject },
      {
        path: 'sessions/:sessionId',
        lazy: async () => ({ Component: (await import('./session/SessionPage')).SessionPage }),
        children: inSession,
      },
      { path: 'approvals', element: <ApprovalsPage /> },
      { path: 'team', element: <TeamPage /> },
      { path: 'audit', lazy: async () => ({ Component: (await import('./audit/AuditPage')).AuditPage }) },
      { path: 'replay', lazy: async () => ({ Component: (await import('./replay/ReplayPage')).ReplayPage }) },
      { path: 'model', lazy: async () => ({ Component: (await import('./model/ModelPage')).ModelPage }) },
      { path: 'storage', lazy: async () => ({ Component: (await import('./storage/StoragePage')).StoragePage }) },
      { path: '*', element: <NotFound /> },
    ],
  },
]);
