import { get, getAll, type Schema } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';

export type Project = Schema['Project'];

const CHANGES = /^project\.(created|prepared|preparation_failed|renamed|deleted)$/;

export function useProjects(team: string | null): Resource<Project[]> {
  const path = team && `/api/v1/projects?team_id=${team}`;
  return useResource(path, () => getAll<Project>(path ?? ''), (item) => CHANGES.test(item.type) && item.team_id === team);
}

export function useProject(id: string): Resource<Project> {
  const path = `/api/v1/projects/${id}`;
  return useResource(path, () => get<Project>(path), (item) => CHANGES.test(item.type) && item.project_id === id);
}
