import { VaultError } from '../../core/errors.js'
import { visible } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import { passphrase } from '../command/passphrase.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import { makeIdentity } from './identity.js'

export const init: Verb = {
  help: `Usage: git-vault init [options]

Make a vault in this git repository (a new repository, if there is none yet), with you as its first
member and admin, and commit it.

Options:
  --vault-dir FOLDER  where the vault lives in the repository (vault)
  --region REGION     the region in its secrets' ARNs (AWS_REGION, else AWS_DEFAULT_REGION, else local)
  --account-id ID     the account in its secrets' ARNs (000000000000)
  --member NAME       what the vault calls you (from git's user.name)
  --yes               take the defaults, ask nothing

What is not given is asked for, when there is a terminal to ask at.

Example:
  git-vault init --member ana --yes
`,
  options: {
    'vault-dir': { kind: 'value' },
    region: { kind: 'value' },
    'account-id': { kind: 'value' },
    member: { kind: 'value' },
    yes: { kind: 'flag', short: 'y' }
  },
  words: [],
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const asks = canAsk(io) && !parsed.has('yes')
    const chosen = await needIdentity(world, asks)

    const choose = async (
      flag: string,
      question: string,
      suggestion: string | undefined
    ): Promise<string> => {
      const given = parsed.text(flag)
      if (given !== undefined) return given
      const answer = asks ? (await services.ask.text(question, suggestion)).trim() : suggestion
      if (answer === undefined || answer === '') throw new UsageError('input', `init needs --${flag}`)
      return answer
    }
    const vaultDir = await choose('vault-dir', 'Folder of the vault', 'vault')
    const region = await choose('region', "Region in the secrets' ARNs", homeRegion(io))
    const accountId = await choose('account-id', "Account in the secrets' ARNs", '000000000000')
    const member = await choose('member', 'Your name as a member', slug(await io.userName()))

    const made = await services.init({
      directory: io.cwd,
      vaultDir,
      region,
      accountId,
      member,
      passphrase: chosen === undefined ? passphrase(io, services.ask) : async () => chosen
    })
    const lines = [
      ...(made.createdRepository ? ['made a git repository here'] : []),
      `made the vault ${visible(made.vaultDir)} in commit ${made.commit.slice(0, 12)}; you are its admin, ${visible(made.member)}`,
      `its root is ${made.root}`,
      `  ${made.words}`,
      'read these words to whoever clones it: git-vault trust shows them the same ones'
    ]
    await io.stdout.write(lines.map(line => `${line}\n`).join(''))
  }
}

/** Gives the passphrase of an identity that had to be made first. */
async function needIdentity(world: World, asks: boolean): Promise<string | undefined> {
  try {
    await world.services.showIdentity()
    return undefined
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'IdentityNotFound') throw error
    if (!asks || !(await world.services.ask.confirm('You have no identity yet. Make one?'))) {
      throw new VaultError('IdentityNotFound', 'you have no identity yet', {
        hint: 'git-vault identity new makes one',
        cause: error
      })
    }
    return makeIdentity({ noPassphrase: false }, world)
  }
}

/** Where scripts that were written for AWS will look. */
const homeRegion = ({ env }: Io): string => env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'local'

/** `Ana García` to `ana-garcia`; `undefined` when nothing is left. */
export function slug(name: string | undefined): string | undefined {
  const ascii = (name ?? '')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
  const joined = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
  return joined === '' ? undefined : joined.slice(0, 63)
}
