import t from 'tap'
import { at, stringAt } from '../src/read/json.ts'
import type { Json } from '../src/read/tree.ts'

t.test('what a map inherits is none of its members, and what it has is, whatever it is called', async t => {
  const names = ['__proto__', ...Object.getOwnPropertyNames(Object.prototype)]
  for (const name of names) {
    t.equal(at({}, name), undefined, name)
    t.equal(at({ a: {} }, 'a', name, 'name'), undefined, `below ${name}`)
    const own = JSON.parse(`{ ${JSON.stringify(name)}: "own" }`) as Json
    t.equal(stringAt(own, name), 'own', `${name} of its own`)
  }
})
