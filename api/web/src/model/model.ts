import { get, type Schema, write } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';

export type DefaultModel = Schema['DefaultModel'];
export type ModelWish = Schema['ModelWish'];
export type ModelTested = Schema['ModelTested'];

const PATH = '/api/v1/model';

/** What sessions use that name no model. */
export function useModel(): Resource<DefaultModel> {
  return useResource('model', () => get<DefaultModel>(PATH));
}

export function chooseModel(wish: ModelWish): Promise<DefaultModel> {
  return write('PUT', PATH, wish);
}

export function clearModel(): Promise<unknown> {
  return write('DELETE', PATH);
}

/** Asks it one short question; without a wish, the one that is set up. */
export function testModel(wish?: ModelWish): Promise<ModelTested> {
  return write('POST', `${PATH}/test`, wish ? { choice: wish } : {});
}
