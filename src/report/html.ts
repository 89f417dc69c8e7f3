import { createHash } from 'node:crypto'
import { pageParts } from './html/page-parts.ts'
import { pageData } from './html-data.ts'
import { clean } from './paint.ts'
import type { Result } from './result.ts'

/** The HTML report: one page that needs nothing else, and that a browser lets reach nothing else. */
export async function htmlReport(result: Result): Promise<string> {
  const data = pageData(result)
  const { script, style } = await pageParts()
  const policy = [
    "default-src 'none'",
    `script-src '${sha256(script)}'`,
    `style-src '${sha256(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(clean(data.root))} · mesh-fix</title>
<style>${style}</style>
</head>
<body>
<noscript>This report is drawn by a script of its own, which this browser doesn't run.</noscript>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script}</script>
</body>
</html>
`
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => ENTITIES[character] ?? '')
}

/** JSON that ends no script element, holds no character that moves or turns text, and reads as the same once parsed. */
function embedded(data: unknown): string {
  return JSON.stringify(data, (_, value) => (typeof value === 'string' ? cleanLines(value) : value)).replace(
    /[<\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function cleanLines(text: string): string {
  return text.split('\n').map(clean).join('\n')
}
