import { get, getAll, type Schema } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';
import { thenAt } from '../past/lookBack';

export type Project = Schema['Project'];

const CHANGES = /^project\.(created|prepared|preparation_failed|renamed|deleted)$/;

export function useProjects(team: string | null, at: string | null = null): Resource<Project[]> {
  const path = team && thenAt(`/api/v1/projects?team_id=${team}`, at);
  return useResource(path, () => getAll<Project>(path ?? ''), (item) => CHANGES.test(item.type) && item.team_id === team);
}

export function useProject(id: string, at: string | null = null): Resource<Project> {
  const path = thenAt(`/api/v1/projects/${id}`, at);
  return useResource(path, () => get<Project>(path), (item) => CHANGES.test(item.type) && item.project_id === id);
}
