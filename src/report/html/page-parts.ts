import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What the page is made of beside its data. */
export interface PageParts {
  readonly script: string
  readonly style: string
}

/**
 * Bundles the page's script and style. The build of the program puts what this gives in the place of this module, so
 * that the program is one file and needs no bundler.
 */
export async function pageParts(): Promise<PageParts> {
  const [script, style] = await Promise.all(['page.ts', 'style.css'].map(bundled))
  // The HTML parser would take these for an end of the element, or for markup.
  if (/<\/(script|style)|<!--/i.test(`${script}${style}`)) throw new Error('the page’s script or style would end early')
  return { script: script ?? '', style: style ?? '' }
}

async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome120', 'firefox120', 'safari17'],
    legalComments: 'none',
  })
  return outputFiles[0]?.text.trim() ?? ''
}
