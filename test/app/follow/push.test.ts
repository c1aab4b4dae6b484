import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import * as fs from 'node:fs'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  UpdateSecretVersionStageCommand
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { refusal } from '../../http/kit.js'
import { token, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from '../sync/kit.js'
import { clientOf, hook, putVia, read, serveFollowing, someRounds, told, until } from './kit.js'

const inHub = (hub: string): string =>
  execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main'], { encoding: 'utf8' }).trim()

/** Lets a commit of another clone come first, at the next push. */
function comesFirst(hub: string, by: TestVault): void {
  // the objects are there, and the branch is not moved yet
  by.git('push', '-q', 'origin', `HEAD:refs/heads/ready-${by.head()}`)
  const once = `if mkdir "$GIT_DIR/once-${by.head()}"; then git update-ref refs/heads/main ${by.head()}; fi`
  hook(
    hub,
    'pre-receive',
    `while read -r old new ref; do [ "$ref" = refs/heads/main ] && ${once}; done\nexit 0`
  )
}

async function setUp() {
  const { hub, ana } = await hubAndVault(Date.now())
  const box = await cloneHub(hub, ana)
  const first = ana.head()
  return { hub, ana, box, first, server: await serveFollowing(box, true) }
}

describe('a write that loses the race', () => {
  it('is decided again on what came, and nothing is merged', async () => {
    const { hub, ana, box, first, server } = await setUp()
    await put(ana, 'db', 'by ana')
    comesFirst(hub, ana)
    const { VersionId } = await putVia(server, 'db', 'by the server', 'one')
    expect(await read(server, 'db')).toBe('by the server')
    expect(inHub(hub)).toBe(box.head())
    expect(box.git('rev-parse', 'HEAD^').trim()).toBe(ana.head())
    await syncOf(ana)
    expect(await value(ana, 'db', VersionId)).toBe('by the server')
    expect(await problems(ana, first)).toEqual([])
    expect(told(server)).toEqual([])
    box.expectClean()
  })

  it('is refused if what came takes its name', async () => {
    const { hub, ana, box, server } = await setUp()
    await ana.api.createSecret({ Name: 'new', SecretString: 'by ana' })
    comesFirst(hub, ana)
    const create = new CreateSecretCommand({
      Name: 'new',
      SecretString: 'x',
      ClientRequestToken: token('new')
    })
    expect(await refusal(clientOf(server).send(create))).toMatchObject({ name: 'ResourceExistsException' })
    expect(await read(server, 'new')).toBe('by ana')
    expect(inHub(hub)).toBe(ana.head())
    box.expectClean()
  })

  it('is refused if what came moves the label that it moves from a version', async () => {
    const { hub, ana, server } = await setUp()
    const described = await clientOf(server).send(new DescribeSecretCommand({ SecretId: 'db' }))
    const [one = ''] = Object.keys(described.VersionIdsToStages ?? {})
    const { VersionId: two } = await putVia(server, 'db', 'two', 'two')
    await syncOf(ana)
    const move = {
      SecretId: 'db',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: one,
      RemoveFromVersionId: two
    }
    await put(ana, 'db', 'three')
    comesFirst(hub, ana)
    expect(await refusal(clientOf(server).send(new UpdateSecretVersionStageCommand(move)))).toMatchObject({
      name: 'InvalidParameterException'
    })
    expect(await read(server, 'db')).toBe('three')
  })

  it('is retried with a token that another server has written: nothing is written twice', async () => {
    const { hub, ana, box, server } = await setUp()
    const request = { SecretId: 'db', SecretString: 'same', ClientRequestToken: token('same') }
    await ana.api.putSecretValue(request)
    comesFirst(hub, ana)
    expect(await putVia(server, 'db', 'same', 'same')).toMatchObject({ VersionId: token('same') })
    expect([inHub(hub), box.head()]).toEqual([ana.head(), ana.head()])
  })
})

describe('a write of this clone that the remote does not have', () => {
  it('goes out before the next write', async () => {
    const { hub, box, ana, server } = await setUp()
    await box.reopen()
    await put(box, 'web', 'on the command line')
    await putVia(server, 'db', 'via the server', 'one')
    expect(inHub(hub)).toBe(box.head())
    await syncOf(ana)
    expect(await value(ana, 'web')).toBe('on the command line')
  })

  it('goes out without another write', async () => {
    const { hub, box } = await setUp()
    await box.reopen()
    await put(box, 'web', 'on the command line')
    await until(() => inHub(hub) === box.head())
  })
})

describe('a refusal, too, is one of the newest state', () => {
  it('a secret that another clone has just created can be written', async () => {
    const { ana, server } = await setUp()
    await ana.api.createSecret({ Name: 'just/now', SecretString: 'one' })
    await syncOf(ana)
    expect((await putVia(server, 'just/now', 'two', 'two')).Name).toBe('just/now')
    expect(await refusal(putVia(server, 'never', 'x', 'x'))).toMatchObject({
      name: 'ResourceNotFoundException'
    })
  })
})

describe('a remote that refuses a push', () => {
  it('makes the write fail, and it is told once; reads and fetches go on', async () => {
    const { hub, ana, box, server } = await setUp()
    hook(hub, 'pre-receive', 'echo main is protected >&2; exit 1')
    const before = box.head()
    for (let time = 0; time < 2; time++)
      expect(await refusal(putVia(server, 'db', 'two', 'two'))).toMatchObject({
        name: 'InternalServiceError',
        status: 500
      })
    await someRounds(box)
    expect(told(server)).toEqual([
      'cannot push to origin/main: main is protected; [remote rejected] (pre-receive hook declined); reads go on, and writes fail meanwhile'
    ])
    expect([box.head(), inHub(hub)]).toEqual([before, before])
    expect(await read(server, 'db')).toBe('db one')
    hook(hub, 'pre-receive')
    await put(ana, 'web', 'meanwhile')
    await syncOf(ana)
    await until(async () => (await read(server, 'web')) === 'meanwhile')
    await putVia(server, 'db', 'two', 'two')
    expect(told(server).slice(1)).toEqual(['pushing to origin/main again'])
    box.expectClean()
  })

  it('takes it, and breaks the connection: the write succeeds', async () => {
    const { hub, box, server } = await setUp()
    hook(hub, 'post-receive', 'kill -9 $PPID; sleep 1')
    await putVia(server, 'db', 'two', 'two')
    expect(inHub(hub)).toBe(box.head())
    expect(await read(server, 'db')).toBe('two')
    expect(told(server)).toEqual([])
    box.expectClean()
  })
})

describe('the served clone', () => {
  it('on another branch: writes fail, and nothing is pushed from it', async () => {
    const { hub, box, server } = await setUp()
    const before = inHub(hub)
    box.git('switch', '-qc', 'other')
    expect(await refusal(putVia(server, 'db', 'two', 'two'))).toMatchObject({ status: 500 })
    expect(told(server)).toEqual([
      'this server follows main, and HEAD is another branch (git switch main); reads go on, and writes fail meanwhile'
    ])
    expect([inHub(hub), box.head()]).toEqual([before, before])
    box.git('switch', '-q', 'main')
    await putVia(server, 'db', 'two', 'two')
    expect(inHub(hub)).toBe(box.head())
  })

  it('with an edit in the way: the write fails, and is not pushed', async () => {
    const { hub, ana, box, server } = await setUp()
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await until(async () => (await read(server, 'db')) === 'by ana')
    box.write('vault/secrets/db/stages.yaml', 'edited\n')
    expect(await refusal(putVia(server, 'db', 'two', 'two'))).toMatchObject({ status: 500 })
    expect(inHub(hub)).toBe(ana.head())
    box.git('checkout', '-q', '--', 'vault')
    await putVia(server, 'db', 'two', 'two')
    box.expectClean()
  })

  it('with an edit that is made during the push: the write succeeds, and this clone follows later', async () => {
    const { hub, box, server } = await setUp()
    hook(hub, 'pre-receive', `echo edited >${box.path('vault/secrets/db/stages.yaml')}`)
    await putVia(server, 'db', 'two', 'two')
    expect(box.git('rev-parse', 'HEAD').trim()).not.toBe(inHub(hub))
    expect(told(server)).toContainEqual(expect.stringMatching(/^the remote has a write, but /))
    expect(told(server)).toContainEqual(
      expect.stringMatching(
        /^uncommitted changes are in the way: vault\/secrets\/db\/stages.yaml .*; reads go on/
      )
    )
    hook(hub, 'pre-receive')
    box.git('checkout', '-q', '--', 'vault')
    await until(() => box.head() === inHub(hub))
    expect(await read(server, 'db')).toBe('two')
    box.expectClean()
  })

  it('many writes at once are few pushes', async () => {
    const { hub, server } = await setUp()
    // the first push waits until all requests have arrived, however slow the machine is
    hook(hub, 'pre-receive', 'echo x >>pushes; until [ -e all ]; do sleep 0.05; done')
    const pushes = () =>
      fs.existsSync(join(hub, 'pushes')) ? fs.readFileSync(join(hub, 'pushes'), 'utf8').length / 2 : 0
    let arrived = 0
    const count = (): unknown => arrived++
    subscribe('http.server.request.start', count)
    onTestFinished(() => void unsubscribe('http.server.request.start', count))
    const first = putVia(server, 'db', 'first', 'first')
    await until(() => pushes() === 1)
    const others = Array.from({ length: 20 }, (_, at) => putVia(server, 'db', `${at}`, `many ${at}`))
    await until(() => arrived === 21)
    fs.writeFileSync(join(hub, 'all'), '')
    await Promise.all([first, ...others])
    expect(pushes()).toBeLessThanOrEqual(5)
  })
})
