const Sequencer = require('@jest/test-sequencer').default;

/** Kinds of tests, from those that wait longest for other processes to those that take a moment. */
const KINDS = ['.race-spec.ts', '.e2e-spec.ts', '.contract-spec.ts', '.int-spec.ts', '.spec.ts'];

const kindOf = ({ path }) => KINDS.findIndex((ending) => path.endsWith(ending));

/** Without a record of how long each file took, Jest begins with the largest, and ends with one core idle. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => kindOf(a) - kindOf(b));
  }
};
