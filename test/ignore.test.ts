import t from 'tap'
import { ignoreComments } from '../src/read/ignore-comments.ts'
import { parse } from '../src/read/yaml.ts'
import { contents, deployment, folder, json, meshFix } from './program.ts'

/** A Service of three ports that say nothing, with comments of one's own. */
const web = (...ports: readonly string[]) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  selector: { app: web }\n  ports:\n${ports.map(port => `${port}\n`).join('')}`

t.test('comments: on the line of the finding or the one above it', async t => {
  const IGNORE = '# mesh-fix-ignore named-service-ports, pod-ports -- until summer'
  const left = (...ports: readonly string[]): readonly number[] => {
    const { findings, summary } = json(folder(t, { 'a.yaml': web(...ports) }))
    t.equal(findings.length + summary.suppressed, 2)
    return findings.map(({ line }: { line: number }) => line)
  }
  const [one, two] = ['    - { name: one, port: 80 }', '    - { name: two, port: 81 }']
  t.strictSame(left(one, two), [7, 8])
  t.strictSame(left(`${one} ${IGNORE}`, two), [8], 'behind it: what is below is another')
  t.strictSame(left(`    ${IGNORE}`, one, two), [9], 'above it')
  t.strictSame(left(one, `    ${IGNORE}`, two), [7])
  t.strictSame(
    left('    - port: 80 # mesh-fix-ignore named-service-ports', '      name: one', two),
    [9],
    'above, behind something',
  )
  t.strictSame(left(`    ${IGNORE}`, '', one, two), [9, 10], 'not two lines above')
  t.strictSame(left(`${one} # mesh-fix-ignore pod-ports -- named-service-ports`, two), [7, 8], 'another rule')
  t.strictSame(left(`${one} #mesh-fix-ignore named-service-ports`, two), [8])
  t.strictSame(left(`${one} # mesh-fix-ignores named-service-ports`, two), [7, 8])
})

t.test('what looks like a comment in a string is none', async t => {
  const text = [
    'a: "# mesh-fix-ignore x"',
    'b: | # mesh-fix-ignore head',
    '  # mesh-fix-ignore x',
    'c: d#mesh-fix-ignore x',
    'e: # mesh-fix-ignore one, two -- a reason -- and more',
    '  - f',
    '# mesh-fix-ignore',
    '',
  ].join('\n')
  t.match(ignoreComments(parse(text)), [
    { rules: ['head'], line: 2, isAlone: false },
    { rules: ['one', 'two'], line: 5, column: 4, isAlone: false },
    { rules: [], line: 7, isAlone: true },
  ])
  t.equal(ignoreComments(parse(text)).length, 3)
  t.strictSame(ignoreComments(parse('{ "a": "# mesh-fix-ignore x" }')), [])
})

t.test('by the configuration, for some rules in some files', async t => {
  const root = folder(t, {
    'mesh-fix.config.yaml': 'ignore: [{ rules: [named-service-ports], paths: [old/], reason: they go away }]\n',
    'old/web.yaml': web('    - { name: one, port: 80 }'),
    'new/web.yaml': web('    - { name: one, port: 80 }'),
  })
  const { findings, summary } = json(root)
  t.match(findings, [{ file: 'new/web.yaml' }])
  t.equal(summary.suppressed, 1)
  t.equal(meshFix(root, '--root', '.', 'old', '--config', 'mesh-fix.config.yaml').status, 0)
})

t.test('what is ignored is not fixed, and unused ignores are told without failing the run', async t => {
  const files = {
    'mesh-fix.config.yaml': 'ignore:\n  - { rules: [pod-ports, named-service-ports], paths: [b.yaml] }\n',
    'a.yaml': web(
      '    - name: httpmain # mesh-fix-ignore named-service-ports, net-admin -- clients know it',
      '      port: 80',
    ),
    'b.yaml': deployment('web')
      .replace('{ name: web }', '{ name: web, annotations: { mesh-fix.dev/ignore: "pod-ports, podports -- x" } }')
      .replace('app: web,', 'app: web, # mesh-fix-ignore service-association\n      '),
  }
  const root = folder(t, files)
  const { status, stdout } = meshFix(root, '--write')
  t.equal(status, 0)
  t.match(stdout, /a\.yaml:7:22 info "net-admin" is ignored here, and finds nothing\n/)
  t.match(stdout, /no findings in .* · 2 suppressed/)
  const { unusedIgnores } = json(root)
  t.strictSame(
    unusedIgnores.map(({ file, line, rule }: Record<string, unknown>) => `${file}:${line} ${rule}`),
    [
      'a.yaml:7 net-admin',
      'b.yaml:6 service-association',
      'b.yaml:3 podports',
      'mesh-fix.config.yaml:2 named-service-ports',
    ],
  )
  t.equal(json(root, '--only', 'app-version-labels').unusedIgnores, undefined, 'rules that are not asked for')
  t.equal(json(root, 'a.yaml').unusedIgnores.length, 1, 'a part of the repository says nothing of the rest')
  const ambient = json(root, '--profile', 'ambient').unusedIgnores.map(({ rule }: { rule: string }) => rule)
  t.notOk(ambient.includes('net-admin'), 'the profile does not have it')
})

t.test('mesh-fix ignore writes what accepts them, and only that', async t => {
  const files = {
    'a.yaml': `# ours\n${web('    - { name: one, port: 80 } # first', '    - { name: two, port: 81 }')}`,
    'b.json': JSON.stringify(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'b' }, spec: { ports: [{ name: 'x', port: 1 }] } },
      null,
      2,
    ),
    'c.yaml': web('    - { name: one, port: 80 }')
      .replace('{ name: web }', '\n  name: c\n  annotations:\n    mesh-fix.dev/ignore: net-admin -- old')
      .replace('app: web', 'app: c'),
  }
  const root = folder(t, files)
  const before = contents(root)
  const shown = meshFix(root, 'ignore', 'named-service-ports', '--reason', 'clients know: them', '--diff')
  t.match(shown.stdout, /^\+metadata: \{ name: web, annotations: \{ ?mesh-fix.dev\/ignore: /m)
  t.strictSame(contents(root), before, '--diff writes nothing')

  const { status, stderr } = meshFix(root, 'ignore', 'named-service-ports', '--reason', 'clients know: them')
  t.equal(status, 0)
  t.match(stderr, /objects annotated: 3 of 3, for findings: 4/)
  const after = contents(root)
  t.match(
    after['a.yaml'],
    /^# ours\n(.*\n)*.*annotations: \{ ?mesh-fix.dev\/ignore: "named-service-ports -- clients know: them"/,
  )
  t.match(after['a.yaml'], /port: 80 \} # first\n/)
  t.match(JSON.parse(after['b.json'] ?? '').metadata.annotations, {
    'mesh-fix.dev/ignore': 'named-service-ports -- clients know: them',
  })
  t.match(after['c.yaml'], /mesh-fix.dev\/ignore: .?net-admin, named-service-ports -- old; clients know: them/)
  t.match(json(root), { summary: { findings: 0, suppressed: 4 } })
  t.match(
    meshFix(root, 'ignore', 'named-service-ports', '--reason', 'again').stderr,
    /objects annotated: 0 of 0, for findings: 0/,
  )
  t.strictSame(contents(root), after)

  for (const args of [['named-service-ports'], ['named-service-ports', '--reason', ' '], ['nothing', '--reason', 'x']])
    t.equal(meshFix(root, 'ignore', ...args).status, 2, args.join(' '))
})

t.test('what can be annotated at several places only is left, and told', async t => {
  const root = folder(t, {
    'a.yaml': [
      'apiVersion: v1',
      'kind: List',
      'items:',
      '  - &one { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { ports: [{ name: x, port: 1 }] } }',
      '  - *one',
      '',
    ].join('\n'),
  })
  const before = contents(root)
  const { status, stderr } = meshFix(root, 'ignore', 'named-service-ports', '--reason', 'x')
  t.equal(status, 1)
  t.match(stderr, /a\.yaml: the text can't be edited: /)
  t.strictSame(contents(root), before)
})
