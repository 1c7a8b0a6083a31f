import { describe, expect, it } from 'vitest';
import type { Schema } from '../kernel/api/client';
import { grouped } from './FileChanges';

describe('changed files', () => {
  it('tells a repository as one, beside what people wrote', () => {
    const files = ['.git/index', '.gitignore', 'a.git/x', 'b/.git/HEAD', '.git/objects/aa/bb'].map((path) => ({ path }) as Schema['FileDiff']);
    expect(grouped(files).map(({ repository, own }) => [repository, own.length])).toEqual([['.git', 2], [undefined, 1], [undefined, 1], ['b/.git', 1]]);
  });
});
