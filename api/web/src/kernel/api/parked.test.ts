import { afterEach, expect, test } from 'vitest';
import { forgetParked, noteParked, nowLacking, readParked } from './parked';

afterEach(forgetParked);

test('the header is read as it is written', () => {
  expect(readParked(null)).toEqual({ streams: [], more: 0 });
  expect(readParked('project-1;view=project;position=12, team-2;view=team;position=7, more;streams=3')).toEqual({
    streams: [
      { stream: 'project-1', position: 12 },
      { stream: 'team-2', position: 7 },
    ],
    more: 3,
  });
});

test('what answers lack is said together, until they lack it no more', () => {
  noteParked('/api/v1/projects?limit=200', 'project-1;view=project;position=12');
  noteParked('/api/v1/projects/1', 'project-1;view=project;position=12');
  noteParked('/api/v1/teams', null);
  expect(nowLacking().streams).toEqual([{ stream: 'project-1', position: 12 }]);
  noteParked('/api/v1/projects?min_position=20', null);
  expect(nowLacking().streams).toHaveLength(1);
  noteParked('/api/v1/projects/1', null);
  expect(nowLacking().streams).toHaveLength(0);
  noteParked('/api/v1/projects', 'project-1;view=project;position=12');
  forgetParked();
  expect(nowLacking().streams).toHaveLength(0);
});
