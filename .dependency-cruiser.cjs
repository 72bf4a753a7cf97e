/** The import table: what each layer may import, and which packages belong to which layer. */

const LAYERS = {
  domain: [],
  policy: ['domain'],
  scoring: ['domain'],
  learning: ['domain'],
  decisioning: ['domain', 'policy', 'scoring', 'learning'],
  http: ['domain', 'decisioning', 'policy'],
  client: [],
  console: ['domain', 'http/answers.ts'],
  cli: ['domain', 'policy', 'scoring', 'learning', 'decisioning', 'app.ts', 'config.ts']
}

/** Packages that one part of the source alone may import. */
const PACKAGES = {
  ioredis: 'adapters/redis/',
  msgpackr: 'adapters/',
  'onnxruntime-node': 'adapters/onnx/',
  '@duckdb/node-api': 'adapters/journal/',
  'prom-client': 'adapters/metrics/',
  fastify: '(http/|app\\.ts|main\\.ts)',
  '@fastify/[a-z]+': '(http/|app\\.ts|main\\.ts)',
  pino: 'main\\.ts',
  vite: '(client|console)/build\\.mjs',
  preact: 'console/',
  uplot: 'console/',
  yaml: '(policy/|main\\.ts)',
  '@marcbachmann/cel-js': 'policy/conditions/'
}

/** Layers that touch nothing outside the process: no files, no sockets, no clock by module. */
const PURE = ['domain', 'policy', 'scoring', 'learning']

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `${layer}-imports-inward`,
  comment: `${layer} may import ${allowed.join(', ') || 'nothing'} of this project`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: [layer, ...allowed].map(name => `^src/${name}(/|$)`) }
}))

/** What runs in browsers knows the wire, as types: nothing of the service gets into its files. */
const browserRule = {
  name: 'console-takes-types-only',
  severity: 'error',
  from: { path: '^src/console/' },
  to: {
    path: '^src/',
    pathNot: ['^src/console/'],
    dependencyTypesNot: ['type-only']
  }
}

const packageRules = Object.entries(PACKAGES).map(([name, home]) => ({
  name: `${name}-only-in-its-layer`,
  comment: `${name} may be imported in src/${home} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${home}` },
  to: { path: `node_modules/${name}/` }
}))

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or need a third',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports and that imports nothing is dead',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.d\\.ts$',
          '^src/build\\.mjs$',
          '^src/(client|console)/(build\\.mjs|main\\.tsx|(sdk|server)\\.ts)$',
          '^test/',
          '^bench/'
        ]
      },
      to: {}
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true }
    },
    {
      name: 'no-test-in-source',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|models)/' }
    },
    {
      name: 'no-dev-package-in-source',
      severity: 'error',
      // The console is built into files that need no packages.
      from: { path: '^src/', pathNot: '^src/(client|console)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only']
      }
    },
    {
      name: 'adapters-see-ports-only',
      comment:
        'An adapter implements decisioning/ports and knows nothing else of the use cases; the memory store stands in for a missing one',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/adapters/$1/',
          '^src/domain/',
          '^src/decisioning/ports\\.ts$',
          '^src/adapters/memory/memory-store\\.ts$'
        ]
      }
    },
    {
      name: 'pure-layers-have-no-input-or-output',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|vm)$' }
    },
    ...layerRules,
    browserRule,
    ...packageRules
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports']
    }
  }
}
