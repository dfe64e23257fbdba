/** The import rules of ARCHITECTURE.md; each comment is the rule in a sentence. */
const libs = (...names) => `^libs/(${names.join('|')})/`;
const apps = (...names) => `^apps/(${names.join('|')})/`;

module.exports = {
  forbidden: [
    {
      name: 'domain-stands-alone',
      comment:
        'If it needs to wait or to ask, it is not in the domain: no other lib, no package, no node builtin.',
      severity: 'error',
      from: { path: libs('domain'), pathNot: 'spec\\.ts$' },
      to: { pathNot: libs('domain') },
    },
    {
      name: 'simulation-same-rules-another-clock',
      comment: 'The same rules, another clock: the domain alone, no package, no node builtin.',
      severity: 'error',
      from: { path: libs('simulation'), pathNot: 'spec\\.ts$' },
      to: { pathNot: libs('simulation', 'domain') },
    },
    {
      name: 'arena-runs-simulations',
      comment:
        'The bench has files and a terminal, and knows of ours the simulation and the domain.',
      severity: 'error',
      from: { path: '^bench/', pathNot: '^bench/(flag|paths|soak)/' },
      to: { path: '^(libs/(?!simulation|domain)|apps/)' },
    },
    {
      name: 'simulations-beside-the-service',
      comment:
        'What-if questions run in a thread of their own: one adapter knows the simulation, behind the port.',
      severity: 'error',
      from: {
        path: '^(apps/|libs/(application|infrastructure)/)',
        pathNot: ['spec\\.ts$', '^libs/infrastructure/src/simulation/'],
      },
      to: { path: libs('simulation') },
    },
    {
      name: 'application-says-what',
      comment:
        'The application says what, never with what: domain, Injectable and Logger, zod for the policy.',
      severity: 'error',
      from: { path: libs('application'), pathNot: 'spec\\.ts$' },
      to: {
        pathNot: [
          libs('application', 'domain'),
          'node_modules/@nestjs/common/',
          'node_modules/zod/',
        ],
      },
    },
    {
      name: 'infrastructure-knows-no-app',
      comment: "A vendor's name stops at this door, and nothing behind it knows who calls.",
      severity: 'error',
      from: { path: libs('infrastructure') },
      to: { path: '^apps/' },
    },
    {
      name: 'siblings-do-not-know-each-other',
      comment:
        "One adapter does not lean on another vendor's adapter; only the module names them all.",
      severity: 'error',
      from: {
        path: '^libs/infrastructure/src/(linq|memory|people|prisma|config|simulation|throttle)(-v2)?/',
        pathNot: 'spec\\.ts$',
      },
      to: {
        path: '^libs/infrastructure/src/(linq|memory|people|prisma|config|simulation|throttle|postgres)(-v2)?/',
        // Two versions of one vendor share how it writes its times.
        pathNot: '^libs/infrastructure/src/$1(-v2)?/',
      },
    },
    {
      name: 'apps-meet-infrastructure-in-modules',
      comment: 'Parse, call, map: only modules and mains of the apps know how a port is filled.',
      severity: 'error',
      from: {
        path: apps('api', 'worker', 'standalone'),
        pathNot: '(\\.module|/main|\\.main)\\.ts$',
      },
      to: { path: libs('infrastructure') },
    },
    {
      name: 'witness-apart',
      comment:
        'The witness does not talk to the accused: the simulator shares no code with the service.',
      severity: 'error',
      from: { path: apps('simulator') },
      to: { path: '^(libs|apps/(?!simulator))' },
    },
    {
      name: 'guests-use-the-front-door',
      comment: 'A guest, like any other: demonstration and page talk to the public API only.',
      severity: 'error',
      from: { path: apps('demo', 'dashboard') },
      to: { path: '^(libs|apps/(?!demo|dashboard))' },
    },
    {
      name: 'schedule-only-in-the-worker',
      comment: 'A time of day belongs to the worker.',
      severity: 'error',
      from: { pathNot: apps('worker') },
      to: { path: 'node_modules/@nestjs/schedule/' },
    },
    {
      name: 'one-door-per-lib',
      comment: 'A lib is entered through its index.',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/', pathNot: 'spec\\.ts$' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^$1/$2/'] },
    },
    {
      name: 'no-cycles',
      comment: 'Data flows one way.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'libs/infrastructure/src/prisma/generated|^dist' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
