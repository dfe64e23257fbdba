// node bench/placement.mjs: what one placement costs in memory, at 10, 1,000 and 100,000 lines.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { transformSync } = require('@swc/core');
require.extensions['.ts'] = (module, file) => {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    filename: file,
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  module._compile(code, file);
};
const load = (path) => require(fileURLToPath(new URL(path, import.meta.url)));
const { DEFAULT_FLEET_POLICY, PlacementIndex, place, seededRandom } = load(
  '../libs/domain/src/index.ts',
);
const { aLine, NOW } = load('../test/support/lines.ts');

const BATCH = 200;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(q * (list.length - 1))];

/** Microseconds for one call, measured in batches. */
function measure(batches, work) {
  const times = [];
  let n = 0;
  for (let i = 0; i < batches; i += 1) {
    const begun = process.hrtime.bigint();
    for (let j = 0; j < BATCH; j += 1) work(n++);
    times.push(Number(process.hrtime.bigint() - begun) / 1_000 / BATCH);
  }
  const half = times.slice(times.length >> 1);
  return `median ${median(half).toFixed(2)} us, p99 of batches ${quantile(half, 0.99).toFixed(2)} us`;
}

for (const count of [10, 1_000, 100_000]) {
  const random = seededRandom(1);
  const lines = Array.from({ length: count }, (_each, i) => {
    const meanMilli = Math.floor(1_300_000 * random());
    return aLine({ id: `line-${i}`, meanMilli, varianceMilli: 41 * meanMilli });
  });
  const snapshot = { now: NOW, lines, nextDayAt: NOW + 86_400_000 };
  const index = new PlacementIndex(snapshot, DEFAULT_FLEET_POLICY);
  const request = (i) => ({ userId: `user-${i}`, meanMilli: 20_000, varianceMilli: 820_000 });
  console.log(
    `${count} lines, choose + commit + release: ${measure(200, (i) => {
      const user = request(i);
      const answer = index.choose(user, random);
      index.commit(answer.lineId, user);
      index.release(answer.lineId, user);
    })}`,
  );
  const begun = process.hrtime.bigint();
  index.refresh(NOW);
  index.choose(request(0), random);
  const took = Number(process.hrtime.bigint() - begun) / 1e6;
  console.log(`${count} lines, refresh: ${took.toFixed(2)} ms`);
  const full = lines.map((line) => ({ ...line, meanMilli: 2_400_000, varianceMilli: 98_400_000 }));
  const closed = new PlacementIndex({ ...snapshot, lines: full }, DEFAULT_FLEET_POLICY);
  console.log(
    `${count} lines, all full: ${measure(50, (i) => void closed.choose(request(i), random))}`,
  );
  const plans = Math.max(3, Math.floor(3_000 / count));
  const start = process.hrtime.bigint();
  for (let i = 0; i < plans; i += 1) place(request(i), snapshot, DEFAULT_FLEET_POLICY);
  const each = Number(process.hrtime.bigint() - start) / 1_000 / plans;
  console.log(`${count} lines, the whole explained plan: ${each.toFixed(0)} us`);
}
