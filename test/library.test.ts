import t from 'tap'
import { type CheckOptions, check, defineDetector, fix } from '../src/index.ts'
import { folder, json, SHOP, SHOP_FIXED, service } from './program.ts'

const shop = SHOP as Readonly<Record<string, string>>

t.test('check finds, and changes nothing', async t => {
  const { summary, findings, errors } = await check(shop)
  t.match(summary, { findings: 1, fixed: 0, fixable: 1 })
  t.match(findings, [
    {
      rule: 'named-service-ports',
      file: 'shop/service.yaml',
      line: 7,
      pointer: '/spec/ports/0/name',
      resource: { kind: 'Service', name: 'shop' },
      fix: {
        status: 'available',
        safety: 'safe',
        impact: 'routing',
        protocol: 'http',
        evidence: [{ class: 'definitive' }],
      },
    },
  ])
  t.equal(findings[0]?.fix.changes.length, 2, 'the Ingress that names the port is changed, too')
  t.same(errors, [])
})

t.test('fix gives the texts that have changed', async t => {
  const { texts, summary, findings, patches } = await fix(shop)
  t.same({ ...shop, ...texts }, SHOP_FIXED)
  t.same(Object.keys(texts).toSorted(), ['shop/ingress.yaml', 'shop/service.yaml'])
  t.match(summary, { findings: 1, fixed: 1, impact: { routing: 1 } })
  t.equal(findings[0]?.fix.status, 'applied')
  t.equal(patches.length, 2)
  t.same((await fix({ ...shop, ...texts })).texts, {}, 'once more changes nothing')
})

t.test('a comment that accepts a finding counts', async t => {
  const text = (shop['shop/service.yaml'] ?? '').replace(/name: web, .*}$/m, '$& # mesh-fix-ignore named-service-ports')
  const { summary } = await check({ ...shop, 'shop/service.yaml': text })
  t.match(summary, { findings: 0, suppressed: 1 })
})

t.test('a list of files is as good', async t => {
  const files = Object.entries(shop).map(([path, text]) => ({ path, text }))
  t.same(await fix(files), await fix(shop))
})

t.test('the report is the one that the command gives', async t => {
  const { build: _, ...own } = await check(shop)
  const { build: __, ...said } = json(folder(t, SHOP), '--build', 'never')
  t.same(own, said)
})

t.test('options are those of the command', async t => {
  t.same((await fix(shop, { paths: ['shop/service.yaml'] })).texts['shop/ingress.yaml'], undefined)
  t.match((await check(shop, { skip: ['named-service-ports'] })).findings, { length: 0 })
  t.match((await check(shop, { only: ['pod-ports'] })).findings, { length: 0 })
  t.match((await check(shop, { profile: 'ambient' })).findings, [{ severity: 'info' }])
  t.match((await fix(shop, { maxImpact: 'metadata' })).texts, {})
  const alone = { 'web.yaml': shop['shop/deployment.yaml'] ?? '' }
  t.same((await fix(alone)).texts, {})
  t.match(
    Object.keys((await fix(alone, { unsafe: true })).texts),
    ['shop-service.yaml'],
    'a new Service has its own file',
  )
  t.same((await fix(alone, { unsafe: ['pod-ports'] })).texts, {})
  const externalReferences = [{ service: 'shop', port: 'web' }]
  t.same((await fix(shop, { externalReferences })).texts, {}, 'appProtocol behind an Ingress is unsafe')
})

t.test('rules are on, off, or as grave as one says', async t => {
  const rule = 'named-service-ports'
  const severities = async (options: CheckOptions) =>
    (await check(shop, options)).findings.map(({ severity }) => severity)
  t.same(await severities({ rules: { [rule]: 'off' } }), [])
  t.same(await severities({ rules: { [rule]: 'info' } }), ['info'])
  t.same(await severities({ rules: { [rule]: 'error', 'pod-ports': 'on' } }), ['error'])
  t.same(await severities({ rules: { [rule]: 'off' }, only: [rule] }), ['warning'], 'who asks gets it')
  t.same((await fix(shop, { rules: { [rule]: 'off' } })).texts, {}, 'what is off is not fixed')
})

t.test('rules of one’s own', async t => {
  const named = defineDetector({
    id: 'short-names',
    title: 'Services have short names',
    docs: 'https://shop.example/',
    checks: { name: { sidecar: 'warning' } },
    *detect(resource) {
      if (resource.object.kind === 'Service')
        yield { check: 'name', resource, at: '/metadata/name', message: 'too long', subject: 'name', data: undefined }
    },
  })
  const { findings } = await check(shop, { plugins: [{ detectors: [named], fixers: [] }], only: ['short-names'] })
  t.match(findings, [{ rule: 'short-names', fix: { status: 'manual' } }])
})

t.test('what is broken is an error of its own', async t => {
  const { errors, findings } = await check({ ...shop, 'broken.yaml': 'a: [\n' })
  t.match(errors, [{ file: 'broken.yaml' }])
  t.equal(findings.length, 1)
})

t.test('what can’t be used is refused', async t => {
  const text = service('a', '{ port: 80 }')
  const usage = (message: RegExp) => ({ code: 'USAGE', message })
  await t.rejects(check({ '../a.yaml': text }), usage(/"\.\.\/a\.yaml" is no path from a common root/))
  await t.rejects(check({ '/a.yaml': text }), usage(/no path/))
  await t.rejects(
    check([
      { path: 'a', text },
      { path: 'a', text },
    ]),
    usage(/two files "a"/),
  )
  await t.rejects(check(shop, { only: ['named-ports'] }), usage(/no rule "named-ports"/))
  await t.rejects(check(shop, { only: [] }), usage(/only names no rule/))
  await t.rejects(check(shop, { rules: { 'pod-port': 'off' } }), usage(/rules: there is no rule "pod-port"; did you/))
  // @ts-expect-error there is no such severity
  const loud: CheckOptions = { rules: { 'pod-ports': 'loud' } }
  await t.rejects(check(shop, loud), usage(/rules\["pod-ports"\] is "loud"; it takes: off, on, info/))
  // @ts-expect-error there is no such profile
  await t.rejects(check(shop, { profile: 'sidecars' }), usage(/profile is "sidecars"; it takes: classic, sidecar/))
})
