import { VaultError } from '../../core/errors.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { noticeTo } from '../terminal/report.js'
import { passphrase } from '../command/passphrase.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'
import type { InitOption } from '../../app/initRules.js'
import { fingerprintLine, spokenLines } from '../terminal/spoken.js'
import { makeIdentity } from './identity.js'

export const init: Verb = {
  help: `Usage: git-vault init [options]

Create a vault in this git repository and commit it, with you as its first
member and admin. Creates the repository too, if there is none.

Options:
  --vault-dir FOLDER  the vault's folder in the repository (default: vault)
  --region REGION     the region in the ARNs (default: AWS_REGION, else
                      AWS_DEFAULT_REGION, else local)
  --account-id ID     the account in the ARNs (default: 000000000000)
  --member NAME       your name in the vault (default: from git's user.name)
  --yes, -y           use the defaults and ask nothing

On a terminal, init asks for every option that you omit, and checks each answer
when it is given. It says if the region comes from a variable, and asks whether
to use it: it cannot be changed later.

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
    const { optionProblem, refuseVault } = await services.initRules()
    // before any question: the answers would be for nothing
    await refuseVault(io.cwd)
    const newPassphrase = await ensureIdentity(world, asks)

    const choose = async (
      flag: InitOption,
      question: string,
      suggestion: string | undefined
    ): Promise<string> => {
      const option = parsed.text(flag)
      if (option !== undefined) return option
      const answer = asks
        ? (await services.ask.text(question, suggestion, answer => optionProblem(flag, answer))).trim()
        : suggestion
      if (answer === undefined || answer === '')
        throw new UsageError('input', `init needs --${flag}`, `pass it: git-vault init --${flag} …`)
      return answer
    }
    const vaultDir = await choose('vault-dir', 'Folder of the vault', 'vault')
    const region =
      (parsed.text('region') === undefined ? await regionOfVariable(world, asks) : undefined) ??
      (await choose('region', "Region in the secrets' ARNs", 'local'))
    const accountId = await choose('account-id', "Account in the secrets' ARNs", '000000000000')
    const member = await choose('member', 'Your name as a member', slug(await io.userName()))

    const created = await services.init({
      directory: io.cwd,
      vaultDir,
      region,
      accountId,
      member,
      notice: noticeTo(io),
      passphrase: newPassphrase === undefined ? passphrase(io, services.ask) : async () => newPassphrase
    })
    const lines = [
      ...(created.createdRepository ? ['created a git repository in this folder'] : []),
      `created vault in ./${visible(created.vaultDir)} (commit ${created.commit.slice(0, 12)})`,
      `${visible(created.member)} is its admin`,
      `root         ${created.root}`,
      fingerprintLine(created.words, io.stdout),
      spokenLines(
        '',
        'read the fingerprint to everyone who clones the vault: git-vault trust shows them the same words',
        io.stdout
      )
    ]
    await io.stdout.write(lines.map(line => `${line}\n`).join(''))
  }
}

/** Offers to create an identity if there is none. Returns the new identity's passphrase, so that it is not asked again. */
async function ensureIdentity(world: World, asks: boolean): Promise<string | undefined> {
  try {
    await world.services.showIdentity()
    return undefined
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'IdentityNotFound') throw error
    if (!asks || !(await world.services.ask.confirm('You have no identity yet. Create one?', true))) {
      throw new VaultError('IdentityNotFound', 'you have no identity yet', {
        hint: 'create one: git-vault identity new',
        cause: error
      })
    }
    return makeIdentity({ noPassphrase: false }, world)
  }
}

/**
 * Returns the region that scripts written for AWS use. It can never be changed, so it must not be taken without a word: on a
 * terminal, the user confirms it. Returns `undefined` if no variable has a region, or the user rejects it.
 */
async function regionOfVariable({ io, services }: World, asks: boolean): Promise<string | undefined> {
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find(name => io.env[name])
  if (variable === undefined) return undefined
  const region = io.env[variable]!
  const from = `region ${visible(region)} from ${variable}`
  if (asks)
    return (await services.ask.confirm(`Use ${from}? It cannot be changed later.`)) ? region : undefined
  await io.stderr.write(`git-vault: using ${from}; it is part of every ARN and cannot be changed later\n`)
  return region
}

/** Turns `Ana García` into `ana-garcia`. Returns `undefined` if no character remains. */
export function slug(name: string | undefined): string | undefined {
  const ascii = (name ?? '')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
  const joined = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
  return joined === '' ? undefined : joined.slice(0, 63)
}
