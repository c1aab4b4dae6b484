import {
  databaseAccount,
  failed,
  otherUsername,
  withAccount,
  type BuiltinFunction,
  type DatabaseAccount
} from '../../../core/rotation/databaseSecret.js'
import type { DatabaseClient, DatabaseSession } from '../../../system/database/database.js'
import { answered, logIn } from '../../../system/database/logIn.js'
import { systemToken } from '../../../system/files/random.js'
import { passwordRule } from './passwordRule.js'
import type { RotatedSecret } from './secret.js'

export interface BuiltinRun extends BuiltinFunction {
  readonly secret: RotatedSecret
  readonly client: DatabaseClient
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The four steps, in the order and with the checks of AWS's own functions. */
export const BUILTIN_STEPS: Readonly<Record<string, (run: BuiltinRun) => Promise<void>>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret
}

async function createSecret({ secret, database, isAlternating, env }: BuiltinRun): Promise<void> {
  const text = await secret.current()
  const { username } = databaseAccount(text, database, 'AWSCURRENT')
  if ((await secret.pendingIfAny()) !== undefined) return
  const password = await secret.randomPassword(passwordRule(env))
  const next = isAlternating ? { username: otherUsername(named(username), database), password } : { password }
  await secret.putPending(withAccount(text, next))
}

async function setSecret(run: BuiltinRun): Promise<void> {
  const { client, isAlternating } = run
  const { current, pending } = await accounts(run)
  const done = await logIn(client, pending)
  if (done !== 'refused') await refuseAnyPassword(run, pending)
  const session = done === 'refused' ? await presentSession(run, current, pending) : done
  await withActor(run, current, session, async actor => {
    const { password } = pending
    const present = current.password
    const set = async (): Promise<void> =>
      isAlternating
        ? actor.setOther({ from: session.account, username: named(pending.username), password })
        : actor.setPassword({ account: session.account, present, password })
    if (done === 'refused') await answered(set(), [password, present])
    // also if the password is set: a run that was killed may have stopped there
    await answered(actor.save?.(), [])
  })
}

/** Calls `change` with the session of the account that makes the change, and ends all sessions. */
async function withActor(
  run: BuiltinRun,
  account: DatabaseAccount,
  session: DatabaseSession,
  change: (actor: DatabaseSession) => Promise<void>
): Promise<void> {
  const actor = await actorOf(run, account, session)
  try {
    await change(actor)
  } finally {
    await session.end()
    if (actor !== session) await actor.end()
  }
}

/** Logs in as the account that makes the change: the master if there is one. */
async function actorOf(
  run: BuiltinRun,
  account: DatabaseAccount,
  session: DatabaseSession
): Promise<DatabaseSession> {
  if (!run.isAlternating && account.masterArn === undefined) return session
  const actor = await logIn(run.client, await masterOf(run, account))
  if (actor !== 'refused') return actor
  throw failed('the database refuses the password of the master')
}

async function testSecret({ client, database, secret }: BuiltinRun): Promise<void> {
  const session = await logIn(client, databaseAccount(await secret.pending(), database, 'AWSPENDING'))
  if (session === 'refused') throw failed('the database refuses the password of AWSPENDING')
  try {
    await answered(session.read(), [])
  } finally {
    await session.end()
  }
}

async function finishSecret(run: BuiltinRun): Promise<void> {
  const { secret, client, database, isAlternating } = run
  const { current, isComplete } = await secret.state()
  if (!isComplete) await secret.moveCurrent(current)
  // only Redis keeps the old password until now, so that AWSCURRENT always works
  if (isAlternating || database !== 'redis') return
  const account = databaseAccount(await secret.current(), database, 'AWSCURRENT')
  const session = await logIn(client, account)
  if (session === 'refused') throw failed('the database refuses the password of AWSCURRENT')
  await withActor(run, account, session, async actor => {
    const { password } = account
    await answered(actor.keepOnly?.({ account: session.account, password }), [password])
    await answered(actor.save?.(), [])
  })
}

/** Reads both accounts. They must be of one server, and of one user or of the two that alternate. */
async function accounts({ secret, database, isAlternating }: BuiltinRun) {
  const current = databaseAccount(await secret.current(), database, 'AWSCURRENT')
  const pending = databaseAccount(await secret.pending(), database, 'AWSPENDING')
  const expected = isAlternating ? otherUsername(named(current.username), database) : current.username
  if (pending.username !== expected)
    throw failed(
      isAlternating
        ? 'the username of AWSPENDING is not the other one of that of AWSCURRENT'
        : 'AWSPENDING and AWSCURRENT have different usernames'
    )
  if (!isSameServer(pending, current)) throw failed('AWSPENDING and AWSCURRENT have different hosts or ports')
  return { current, pending }
}

const isSameServer = (a: DatabaseAccount, b: DatabaseAccount): boolean =>
  a.host === b.host && a.port === b.port

/**
 * Logs in with a password that is in use. A master changes no account without that: the secret's writers choose the username,
 * and could choose that of an account which is not theirs.
 */
async function presentSession(
  { client, secret, database, isAlternating }: BuiltinRun,
  current: DatabaseAccount,
  pending: DatabaseAccount
): Promise<DatabaseSession> {
  const session = await logIn(client, current)
  if (session !== 'refused') return session
  if (isAlternating) throw failed('the database refuses the passwords of AWSPENDING and AWSCURRENT')
  const text = await secret.previous()
  const previous = text === undefined ? undefined : databaseAccount(text, database, 'AWSPREVIOUS')
  if (previous && previous.username === pending.username && isSameServer(previous, pending)) {
    const last = await logIn(client, { ...previous, tls: current.tls })
    if (last !== 'refused') return last
  }
  throw failed('the database refuses the passwords of AWSPENDING, AWSCURRENT and AWSPREVIOUS')
}

/** The account that changes this one. Its password goes to the server that its own secret names, and to no other. */
async function masterOf(
  { secret, database }: BuiltinRun,
  account: DatabaseAccount
): Promise<DatabaseAccount> {
  if (account.masterArn === undefined) throw failed('alternating users need the field masterarn')
  const text = await secret.master(account.masterArn)
  const master = databaseAccount(text, database, 'the secret that masterarn names')
  if (isSameServer(master, account)) return master
  throw failed('the secret that masterarn names has another host or port')
}

/** Throws `RotationFailed` if the server does not check passwords: every login then succeeds, and nothing would be changed. */
async function refuseAnyPassword({ client }: BuiltinRun, account: DatabaseAccount): Promise<void> {
  const session = await logIn(client, { ...account, password: systemToken() })
  if (session === 'refused') return
  await session.end()
  throw failed('the database accepts any password of this user')
}

function named(username: string | undefined): string {
  if (username === undefined) throw failed('alternating users need the field username')
  return username
}
