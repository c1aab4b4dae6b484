import type { Profile } from '../../app/profiles.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'
import { table } from '../terminal/paint.js'
import { isJson, jsonOption } from '../command/json.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

export const profile: Verb = {
  help: `Usage: git-vault profile add NAME --vault DIR [--region REGION]
       git-vault profile list [--json]
       git-vault profile rm NAME

Map AWS profiles to vaults. In AWS, two profiles are usually two accounts. A
command of the AWS CLI that has --profile NAME, or AWS_PROFILE in its
environment, uses the vault that NAME is mapped to, from any folder. If NAME is
not mapped, a command that writes is refused, and a command that reads uses the
vault of the current folder and says so.

The mapping is in your own configuration, and never in a repository.

  add    map a profile to the vault of a repository
  list   list the profiles, their vaults and their regions
  rm     remove the mapping of a profile; its vault stays as it is

Options of add:
  --vault DIR       any folder of the repository that has the vault
  --region REGION   the region, if neither --region nor AWS_REGION gives one
                    (default: the vault's own)

Option of list:
  --json            print JSON

Example:
  git-vault profile add staging --vault ~/vaults/staging
`,
  options: { vault: { kind: 'value' }, region: { kind: 'value' }, ...jsonOption },
  words: ['add, list or rm', 'NAME'],
  required: 1,
  get actions() {
    return actions
  },
  completes: { NAME: 'none' },
  run: (parsed, world) => runAction('profile', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  add: {
    words: ['NAME'],
    required: 1,
    options: ['vault', 'region'],
    async run([name = ''], parsed, { io, services }) {
      const folder = parsed.text('vault')
      if (!folder) throw new UsageError('input', 'profile add needs --vault')
      const { addProfile, listProfiles } = await services.profiles()
      const added = await addProfile(name, folder, parsed.text('region'))
      await io.stdout.write(`${visible(line(added).join('  '))}\n`)
      for (const other of listProfiles())
        if (other.name !== name && other.vault === added.vault && other.region === added.region)
          await io.stderr.write(`git-vault: ${visible(other.name)} uses the same vault and region\n`)
    }
  },
  list: {
    words: [],
    required: 0,
    options: ['json'],
    async run(_words, parsed, { io, services }) {
      const profiles = [...(await services.profiles()).listProfiles()]
      await io.stdout.write(
        isJson(parsed) ? visibleJson({ profiles }) : visibleRows(table(profiles.map(line)))
      )
    }
  },
  rm: {
    words: ['NAME'],
    required: 1,
    options: [],
    async run([name = ''], _parsed, { services }) {
      await (await services.profiles()).removeProfile(name)
    }
  }
}

const line = ({ name, vault, region }: Profile): string[] => [name, vault, ...(region ? [region] : [])]
