import { describe, expect, it } from 'vitest'
import { addVersion, moveLabel } from '../../../src/core/versions/labels.js'
import { noVersions, type Stages } from '../../../src/core/versions/stages.js'
import { formatTime } from '../../../src/core/time.js'
import { withVersions } from '../../../src/core/versions/withVersions.js'

const time = (second: number) => formatTime(Date.UTC(2027, 0, 1) + second * 1000)

function stagesOf(...ids: string[]): Stages {
  return ids.reduce<Stages>((stages, id, at) => {
    const entry = { created: time(at), writer: 'w', key: 'k', digest: `digest of ${id}` }
    return addVersion(stages, { versionId: id, entry, stamp: time(at) })
  }, noVersions)
}
const kept = (stages: Stages, ...ids: string[]) =>
  withVersions(stages, new Map([...stages.versions].filter(([id]) => ids.includes(id))))
const places = ({ labels }: Stages) =>
  Object.fromEntries([...labels].map(([label, { version }]) => [label, version]))

describe('the stages of a copy', () => {
  const stages = moveLabel(stagesOf('a', 'b', 'c'), { label: 'GOOD', moveTo: 'a', stamp: time(9) })

  it('with all versions are the same', () => {
    expect(kept(stages, 'a', 'b', 'c')).toEqual(stages)
  })

  it('lack the labels of versions that it lacks', () => {
    expect(places(kept(stages, 'b', 'c'))).toEqual({ AWSCURRENT: 'c', AWSPREVIOUS: 'b' })
    expect(places(kept(stages, 'a', 'c'))).toEqual({ AWSCURRENT: 'c', GOOD: 'a' })
    expect(kept(stages, 'a', 'c').labels.get('AWSCURRENT')).not.toHaveProperty('before')
  })

  it('have no AWSPREVIOUS if it was removed by hand', () => {
    const without = moveLabel(stages, { label: 'AWSPREVIOUS', removeFrom: 'b', stamp: time(10) })
    expect(places(kept(without, 'a', 'b', 'c'))).toEqual({ AWSCURRENT: 'c', GOOD: 'a' })
  })

  it('keep a version that was re-encrypted since others were pruned', () => {
    expect([...kept({ ...stages, pruned: time(5) }, 'b', 'c').versions.keys()]).toEqual(['b', 'c'])
    expect(kept({ ...stages, pruned: time(5), forgotten: time(5) }, 'b', 'c')).not.toHaveProperty('pruned')
  })
})
