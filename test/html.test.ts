import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { generate, HALF } from './generate.ts'
import { documents, folder, json, meshFix, SHOP, service } from './program.ts'
import { TOOL_PATH } from './tools.ts'

const LEGACY_SHOP = fileURLToPath(new URL('../examples/legacy-shop', import.meta.url))

/** What a person at the keyboard takes for at once, in milliseconds. */
const AT_ONCE = 100

const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8', env: { PATH: TOOL_PATH } }).stdout.trim()
const skip = CHROMIUM === '' && 'chromium is not on PATH'

let browser: Browser

test('before all', { skip }, async () => {
  // Chromium refuses its sandbox to root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  browser = await chromium.launch({ executablePath: CHROMIUM, args })
})

/** Writes the page of a run and opens it. Whatever the page complains of or asks for fails the test. */
async function opened(
  t: Test,
  root: string,
  options: BrowserContextOptions = {},
  ...args: readonly string[]
): Promise<Page> {
  const file = join(folder(t, {}), 'report.html')
  const { stderr } = meshFix(root, '--root', '.', '--reporter', 'html', '--reporter-file', file, ...args)
  t.equal(stderr, '')
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.on('console', message => t.fail(`the console says: ${message.text()}`))
  page.on('pageerror', error => t.fail(`the page fails: ${error.message}`))
  page.on('request', request => {
    if (request.url() !== pathToFileURL(file).href) t.fail(`the page asks for ${request.url()}`)
  })
  await page.goto(pathToFileURL(file).href)
  await page.locator('[role=status]', { hasText: /finding/ }).waitFor()
  return page
}

test('the page is one file that lets a browser reach nothing else', async t => {
  const { stdout, status } = meshFix(LEGACY_SHOP, '--root', '.', '--reporter', 'html')
  t.equal(status, 1, 'as with every reporter')
  t.match(stdout, /^<!doctype html>\n/)
  const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(stdout) ?? []
  t.match(
    policy,
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  )
  t.notMatch(stdout, /<(link|img|iframe)\b|src=|@import|url\(/)
  t.equal(meshFix(LEGACY_SHOP, '--root', '.', '--reporter', 'html').stdout, stdout, 'the same run gives the same page')
})

test('names and texts of manifests are data, never markup', { skip }, async t => {
  const bad = '</script><img src=x onerror=alert(1)>'
  const root = folder(t, {
    'shop.yaml': documents(service('shop', `{ name: ${JSON.stringify(bad)}, port: 80 }`)),
    'secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { key: opensesame }\n',
  })
  t.notMatch(meshFix(root, '--root', '.', '--reporter', 'html').stdout, /<img|opensesame/)
  const page = await opened(t, root)
  t.equal(await page.locator('img').count(), 0)
  t.ok(await page.getByText(bad).first().isVisible())
})

test('the map shows routes, Services, workloads and ports, before and after', { skip }, async t => {
  const page = await opened(t, LEGACY_SHOP)
  const card = (kind: string, name: string) =>
    page
      .locator('.card')
      .filter({ has: page.getByRole('button', { name, exact: true }) })
      .filter({ has: page.locator('.kind', { hasText: new RegExp(`^${kind}$`) }) })
  for (const [kind, name] of [
    ['Ingress', 'shop'],
    ['ServiceMonitor', 'catalog'],
    ['Service', 'storefront'],
    ['Service', 'cart'],
    ['Service', 'payments'],
    ['Deployment', 'storefront'],
    ['StatefulSet', 'redis'],
  ] as const)
    t.equal(await card(kind, name).count(), 1, `${kind} ${name}`)

  const row = card('Service', 'payments').locator('li').first()
  t.match(await row.textContent(), /^50051grpc-apigRPCwas grpcapi · undeclared.*leads to Deployment payments$/)
  await page.getByText('Before', { exact: true }).click()
  t.match(await row.textContent(), /^50051grpcapiundeclaredbecomes grpc-api · gRPC/)
  t.equal(await page.getByText('After', { exact: true }).locator('..').locator('input').isChecked(), false)
  const unlisted = card('Deployment', 'payments').locator('li', { hasText: '9464' })
  t.match(await unlisted.textContent(), /^9464not listedbecomes listed/)

  const paths = await page.locator('.canvas path').count()
  t.ok(paths >= 20, `${paths} lines`)
  t.ok((await page.locator('.canvas path.touched').count()) >= 10, 'those that the fixes touch stand out')
})

test('cards can be walked through, and lead to their findings', { skip }, async t => {
  const page = await opened(t, LEGACY_SHOP)
  await page.locator('.card button[tabindex="0"]').focus()
  const names: (string | null)[] = []
  for (const key of ['ArrowDown', 'ArrowLeft', 'ArrowLeft', 'ArrowRight']) {
    await page.keyboard.press(key)
    names.push(await page.locator('.card:focus-within').getAttribute('data-place'))
  }
  t.equal(new Set(names.filter(name => name !== null)).size >= 3, true, `${names}`)
  await page.locator('.card.service').getByRole('button', { name: 'payments', exact: true }).focus()
  await page.keyboard.press('Enter')
  t.equal(await page.locator('#search').inputValue(), 'Service shop/payments')
  t.equal(await page.locator('li[data-finding]:visible').count(), 2)
})

test('findings are filtered by text, rule, namespace and status, by the keyboard alone', { skip }, async t => {
  const page = await opened(t, LEGACY_SHOP)
  const report = json(LEGACY_SHOP, '--root', '.')
  const visible = () => page.locator('li[data-finding]:visible').count()
  const countOf = (accepts: (finding: (typeof report.findings)[number]) => boolean) =>
    report.findings.filter(accepts).length
  t.equal(await visible(), report.findings.length)

  await page.keyboard.press('/')
  await page.keyboard.type('GRPCAPI')
  t.equal(
    await visible(),
    countOf(({ message }) => /grpcapi/.test(message)),
  )
  t.match(await page.locator('.count').textContent(), `1 of ${report.findings.length} findings`)
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')

  for (const [name, letters, accepts] of [
    ['status', 'Left', ({ fix }) => fix.status === 'manual'],
    ['severity', 'error', ({ severity }) => severity === 'error'],
    ['rule', 'pod', ({ rule }) => rule === 'pod-ports'],
    ['namespace', 'shop', () => true],
  ] as readonly (readonly [string, string, (finding: (typeof report.findings)[number]) => boolean])[]) {
    await page.keyboard.press('Tab')
    t.equal(await page.locator('select:focus').getAttribute('name'), name)
    await page.keyboard.type(letters)
    t.equal(await visible(), countOf(accepts), name)
    await page.keyboard.press('Home')
    t.equal(await visible(), report.findings.length, 'all again')
  }

  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const open = page.locator('details[open]')
  t.equal(await open.count(), 1, 'Enter opens a finding')
  t.match(await open.textContent(), /Evidence|Candidate|\./)
})

test('a finding has its evidence, impact and diff', { skip }, async t => {
  const page = await opened(t, folder(t, SHOP))
  const finding = page.locator('details', { hasText: 'named "web"' })
  await finding.locator('summary').click()
  const text = (await finding.textContent()) ?? ''
  t.match(text, /Rename port 80 from "web" to "http-web"\..*safe, changes routing/)
  t.match(text, /definitive .*Probe .*shop\/deployment\.yaml:\d+/)
  t.match(await finding.locator('.removed').allTextContents(), [/name: web/, /name: web/])
  t.match(await finding.locator('.added').allTextContents(), [/name: http-web/, /name: http-web/])
  t.match(await finding.locator('figcaption').allTextContents(), ['shop/service.yaml', 'shop/ingress.yaml'])
  t.match(await finding.locator('.hunk').first().textContent(), /@@ -4,4 \+4,4 @@/)
})

test('readiness by namespace and by rule counts what the JSON report lists', { skip }, async t => {
  const page = await opened(t, LEGACY_SHOP)
  const { findings } = json(LEGACY_SHOP, '--root', '.')
  const cells = (row: string) => page.locator(`${row} td`).allTextContents()
  for (const rule of new Set<string>(findings.map((finding: { rule: string }) => finding.rule))) {
    const own = findings.filter((finding: { rule: string }) => finding.rule === rule)
    const fixable = own.filter(({ fix }: { fix: { status: string; safety?: string } }) => fix.status === 'available')
    const safe = fixable.filter(({ fix }: { fix: { safety?: string } }) => fix.safety === 'safe').length
    const expected = [own.length, safe, fixable.length - safe, own.length - fixable.length]
    t.same(await cells(`tr[data-rule="${rule}"]`), expected.map(String), rule)
  }
  const ready = page.locator('tr[data-rule]', { hasText: ': ready' })
  t.match(await ready.locator('th').allTextContents(), [
    /^port-protocol-conflict: ready/,
    /^service-association: ready/,
  ])
  t.match(await ready.locator('td').allTextContents(), Array(8).fill('0'))
  t.equal(await page.locator('tr[data-rule]').count(), 7, 'all rules are there')
  const isLeft = ({ fix }: { fix: { status: string; safety?: string } }) =>
    fix.status !== 'available' || fix.safety !== 'safe'
  const objects = (list: readonly { file: string; document: number; item?: number }[]) =>
    new Set(list.map(({ file, document, item }) => `${file}#${document}/${item}`)).size
  const [all, before, after] = (await cells('tr[data-namespace="shop"]')).map(Number)
  t.equal(before, (all ?? 0) - objects(findings))
  t.equal(after, (all ?? 0) - objects(findings.filter(isLeft)))
})

test('light and dark, on a phone, with contrast', { skip }, async t => {
  const grounds = new Set<string>()
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await opened(t, LEGACY_SHOP, { colorScheme, viewport: { width: 375, height: 812 } })
    for (const index of [0, 2, 4]) await page.locator('summary').nth(index).click()
    grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    t.equal(width, 375, 'the page does not scroll sideways')
    t.same(await page.evaluate<readonly string[]>(FAINT_TEXTS), [], `${colorScheme}: WCAG AA`)
  }
  t.equal(grounds.size, 2)
})

/** Texts whose contrast with what is behind them is below 4.5: an expression for the page. */
const FAINT_TEXTS = `(() => {
  const channels = color => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = color => {
    const [red, green, blue] = channels(color).map(channel => {
      const part = channel / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = element => {
    const color = element === null ? 'rgb(255, 255, 255)' : getComputedStyle(element).backgroundColor
    return element !== null && channels(color)[3] === 0 ? behind(element.parentElement) : color
  }
  return [...document.querySelectorAll('body *')].flatMap(element => {
    const isText = [...element.childNodes].some(({ nodeType, textContent }) => nodeType === 3 && textContent.trim() !== '')
    if (!isText || !element.checkVisibility() || element.tagName === 'SCRIPT') return []
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    return contrast < 4.5 ? [element.className + ': ' + element.textContent.slice(0, 40) + ': ' + contrast.toFixed(2)] : []
  })
})()`

test('2,000 findings do not lag', { skip, timeout: 300_000 }, async t => {
  const root = folder(t, {})
  generate(root, 1000, 'file', HALF)
  const page = await opened(t, root)
  t.equal(await page.locator('p.count').textContent(), '2,000 findings')
  t.equal(await page.locator('li[data-finding]').count(), 200)
  await page.getByRole('button', { name: 'Show 200 more of 1,800' }).press('Enter')
  t.equal(await page.locator('li[data-finding]').count(), 400)
  t.equal(await page.locator('.card.namespace').count(), 50, 'too much for one picture: an overview of namespaces')

  const times: number[] = []
  for (const word of ['cart', 'cart-1', 'version', 'port 80', ''])
    times.push(await page.evaluate<number>(timeToFilter(word)))
  t.comment(`filtering takes ${times.map(Math.round).join(', ')} ms`)
  t.ok(Math.min(...times) < AT_ONCE && (times.toSorted((one, other) => one - other)[2] as number) < 3 * AT_ONCE)

  await page.getByRole('button', { name: 'team-7', exact: true }).last().click()
  t.equal(await page.locator('.card.service').count(), 20)
  t.equal(await page.locator('.card.workload').count(), 20)
})

/** From a keystroke to the frame that shows what it leaves, in milliseconds: an expression for the page. */
function timeToFilter(word: string): string {
  return `(async () => {
    const search = document.querySelector('#search')
    const start = performance.now()
    search.value = ${JSON.stringify(word)}
    search.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
    return performance.now() - start
  })()`
}

test('after all', { skip }, async () => {
  await browser.close()
})
