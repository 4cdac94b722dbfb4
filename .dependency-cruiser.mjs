const spec = '\\.spec\\.ts$'
export default {
  forbidden: [
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: spec },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'ports-speak-domain',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: '^src/(domain|ports)/' },
    },
    {
      name: 'application-is-plain',
      severity: 'error',
      from: { path: '^src/application/', pathNot: spec },
      to: { pathNot: '^src/(domain|ports|application)/' },
    },
    {
      name: 'adapters-serve-ports',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/(application|interface)/|@nestjs/' },
    },
    {
      name: 'adapters-are-strangers',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'interface-enters-through-application',
      severity: 'error',
      from: { path: '^src/interface/' },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'console-knows-types-of-the-api',
      severity: 'error',
      from: { path: '^src/console/' },
      to: { path: '^src/', pathNot: '^src/console/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-the-console',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/' },
      to: { path: '^src/console/' },
    },
    {
      name: 'config-knows-domain',
      severity: 'error',
      from: { path: '^src/config/', pathNot: spec },
      to: { path: '^src/', pathNot: '^src/(config|domain)/' },
    },
    {
      name: 'config-is-handed-down',
      severity: 'error',
      from: { path: '^src/(domain|ports|application|adapters)/' },
      to: { path: '^src/config/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: [spec, '\\.d\\.ts$'] }, to: {} },
    {
      name: 'no-dev-deps-at-runtime',
      severity: 'error',
      // The console is bundled when it is built.
      from: { path: '^src/', pathNot: [spec, '^src/console/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
