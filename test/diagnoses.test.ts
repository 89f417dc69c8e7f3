import t from 'tap'
import { defineDetector } from '../src/detect/detector.ts'
import { Diagnoses } from '../src/diagnoses.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { repositoryOf } from '../src/read/repository.ts'

t.test('what was found is found again only where a fix may be seen', async t => {
  const text =
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: api }\n'
  const { resources } = repositoryOf([{ path: 'shop.yaml', text }])
  const [web, api] = resources
  if (web === undefined || api === undefined) throw new Error('the text has two objects')
  const asked: string[] = []
  const detector = defineDetector<undefined>({
    id: 'asked',
    title: 'every object is looked at once',
    docs: 'https://shop.example/',
    checks: { asked: { sidecar: 'info' } },
    *detect(resource) {
      asked.push(resource.id)
      yield { check: 'asked', resource, at: '', message: 'asked', subject: 'asked', data: undefined }
    },
  })
  const context = { profile: 'sidecar', portStyle: 'auto', all: false, externalReferences: [], ports: [] } as const
  const diagnoses = new Diagnoses([detector], new ResourceGraph(resources), {
    ...context,
    labelSources: {},
    severities: new Map(),
  })
  /** Which of the two are looked at. */
  const lookedAt = (): readonly string[] => {
    asked.length = 0
    for (const resource of [web, api]) t.equal(diagnoses.on(resource).length, 1)
    return [...asked]
  }
  t.same(lookedAt(), [web.id, api.id])
  t.same(lookedAt(), [], 'both are remembered')

  diagnoses.try()
  t.equal(diagnoses.onTrial(web).length, 1)
  t.same(lookedAt(), [], 'a fix that does not stay leaves what is known')

  diagnoses.try()
  const tried = diagnoses.onTrial(web)
  diagnoses.keep([web.id, api.id])
  t.same(lookedAt(), [api.id], 'what the trial has looked at is known, the other one is stale')
  t.equal(diagnoses.on(web), tried)
  t.ok(diagnoses.isStale(api, 0))
  t.notOk(diagnoses.isStale(api, diagnoses.fixes))

  diagnoses.try()
  diagnoses.keep(undefined)
  t.ok(diagnoses.isStale(web, 1), 'a fix that may be seen anywhere')
  t.same(lookedAt(), [web.id, api.id])
})
