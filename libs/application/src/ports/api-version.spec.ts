import fc from 'fast-check';
import {
  API_VERSIONS,
  type ApiVersion,
  messageIdIn,
  speaking,
  spokenSince,
  type SpokenVersion,
  versionAt,
  versionOfId,
} from './api-version';

const ALWAYS_V2: SpokenVersion = { apiVersion: 'v2', earlierVersions: [] };

describe('versionOfId', () => {
  it.each([
    ['324324', 'v2'],
    ['324324/27799380', 'v2'],
    ['6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0002', 'v3'],
    ['12345678-1234-4123-8123-123456789012', 'v3'],
    ['', 'v3'],
    ['1/', 'v3'],
  ])('of "%s" is %s', (id, version) => {
    expect(versionOfId(id)).toBe(version);
  });

  it('is the same of a message and of its chat, however its id was told', () => {
    expect(messageIdIn('324324', '27799380')).toBe('324324/27799380');
    expect(messageIdIn('324324', '324324/27799380')).toBe('324324/27799380');
    expect(messageIdIn('a-chat', '27799380')).toBe('27799380');
  });
});

describe('versionAt', () => {
  it('is what the line spoke at that time, after any number of changes', () => {
    const changes = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(...API_VERSIONS)),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 200_000 }), (steps, at) => {
        let now = 0;
        let line: SpokenVersion = ALWAYS_V2;
        // What it spoke from each whole second on.
        const said: [number, ApiVersion][] = [[-1, 'v2']];
        for (const [pause, version] of steps) {
          now += pause;
          line = { ...line, ...speaking(line, version, now) };
          said.push([now - (now % 1_000), version]);
        }
        const expected = said.findLast(([from]) => from <= at)?.[1];
        expect(versionAt(line, at)).toBe(expected);
        // V2 tells the same message by its whole second.
        expect(versionAt(line, at - (at % 1_000))).toBe(versionAt(line, at));
        expect(versionAt(line, spokenSince(line))).toBe(line.apiVersion);
      }),
    );
  });
});

describe('speaking', () => {
  it('changes nothing when the line speaks it already', () => {
    expect(speaking(ALWAYS_V2, 'v2', 5_000)).toEqual({});
  });

  it('forgets changes of long ago', () => {
    let line = ALWAYS_V2;
    for (let i = 1; i <= 50; i += 1) {
      line = { ...line, ...speaking(line, i % 2 === 0 ? 'v2' : 'v3', i * 1_000) };
    }
    expect(line.earlierVersions).toHaveLength(20);
    expect(line.earlierVersions.at(-1)).toEqual({ version: 'v3', until: 50_000 });
  });
});
