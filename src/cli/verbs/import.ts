import { IMPORT_SOURCES } from '../../core/exchange/entry.js'
import { shortList } from '../../core/exchange/placement.js'
import type { ImportOptions, Imported } from '../../operations/importSecrets.js'
import { UsageError } from '../arguments/usage.js'
import { keepHeapSmall } from '../command/smallHeap.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visibleRows } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { progressBar } from '../terminal/progress.js'
import { fileValues } from './importFile.js'
import { sourceValues } from './importSource.js'

export const importVerb: Verb = {
  help: `Usage: git-vault import FILE|- (--to NAME | --prefix PREFIX) [options]
       git-vault import --from pass|gopass [DIR...] [--prefix PREFIX] [--whole]
       git-vault import --from sops FILE (--to NAME | --prefix PREFIX)
       git-vault import --from endpoint [--endpoint-url URL] [--prefix PREFIX]

Store the values of a file or of another store in one commit. With --to, all
entries of the file become one JSON secret. With --prefix, each becomes a secret
of its own, named PREFIX and the entry's name: write the slash. At a terminal,
import first shows what it would do, and asks. A secret that has the same value
already stays as it is: a repeated import changes nothing and makes no commit.

With --from, values come from your own gpg, sops or aws, which must be on PATH,
and only through pipes:
  pass, gopass  the store in DIR (default: your own). A secret for each file,
                named by its path. The value is the first line; if there are
                further lines "key: value", it is a JSON object of them, with
                the first line as password and other lines as notes
  sops          FILE, as sops decrypts it
  endpoint      the current values of all secrets of Secrets Manager, or of
                LocalStack, moto or another git-vault serve, with descriptions
                and tags. The aws command has the credentials: AWS_PROFILE

Options:
  --to NAME         the secret that gets all entries
  --prefix PREFIX   put PREFIX before the name of each entry; may be empty
  --format FORMAT   dotenv, json, yaml, toml, or aws for the output of
                    aws secretsmanager get-secret-value and
                    batch-get-secret-value. With --from sops: yaml, json,
                    dotenv, ini or binary. By default, FILE's ending decides
  --from SOURCE     pass, gopass, sops or endpoint
  --whole           with --from pass or gopass: keep each file as one plain
                    value
  --endpoint-url URL  the endpoint to read (default: the aws command's own)
  --overwrite       store a new version of a secret with another value
  --keep            leave secrets with another value as they are
  --dry-run         only show what would be done
  --yes, -y         do not ask
  --region REGION   the region of the secrets here (default: the vault's own)

Examples:
  git-vault import .env --to dev/app
  git-vault import secrets.yaml --prefix prod/ --dry-run
  git-vault import --from pass --prefix team/
  git-vault import --from sops secrets.enc.yaml --to prod/app
  git-vault import --from endpoint --endpoint-url http://localhost:4566
`,
  options: {
    to: { kind: 'value' },
    prefix: { kind: 'value' },
    format: { kind: 'value' },
    from: { kind: 'value' },
    whole: { kind: 'flag' },
    'endpoint-url': { kind: 'value' },
    overwrite: { kind: 'flag' },
    keep: { kind: 'flag' },
    'dry-run': { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    ...regionOption
  },
  words: ['FILE'],
  required: 0,
  repeats: true,
  completes: { '--from': IMPORT_SOURCES },

  async run(parsed, world) {
    const { io, services } = world
    if (parsed.has('overwrite') && parsed.has('keep'))
      throw new UsageError('input', '--overwrite and --keep cannot be combined')
    keepHeapSmall()
    const values = parsed.has('from') ? await sourceValues(parsed, world) : await fileValues(parsed, io)
    const vault = await openCurrentVault(world, parsed.text('region'))

    const existing = parsed.has('overwrite') ? 'overwrite' : parsed.has('keep') ? 'keep' : 'refuse'
    const imported = async (isDryRun: boolean): Promise<Imported> => {
      const bar = progressBar(io, isDryRun ? 'comparing' : 'importing', values.length)
      const options: ImportOptions = { existing, isDryRun, newToken: () => io.uuid(), onStep: bar.step }
      try {
        return await services.importSecrets(vault, values, options)
      } finally {
        bar.end()
      }
    }
    const isDryRun = parsed.has('dry-run')
    if (isDryRun) {
      await io.stdout.write(visibleRows(lines(await imported(true), existing)))
      return
    }
    if (canAsk(io) && !parsed.has('yes')) {
      const planned = await imported(true)
      const isConflict = existing === 'refuse' && planned.changed.length > 0
      const isNothing = planned.created.length + (existing === 'keep' ? 0 : planned.changed.length) === 0
      if (!isConflict && !isNothing) {
        await io.stderr.write(planText(planned, existing))
        const isHarmless = existing !== 'overwrite' || planned.changed.length === 0
        if (!(await services.ask.confirm('Import them?', isHarmless)))
          throw new UsageError('input', 'nothing was imported')
      }
    }
    await io.stdout.write(`${summary(await imported(false), existing)}\n`)
  }
}

type Existing = ImportOptions['existing']

const verbs: Readonly<Record<Existing, string>> = {
  refuse: 'conflict',
  overwrite: 'change',
  keep: 'keep'
}

function lines({ created, changed, same }: Imported, existing: Existing): string[] {
  return [
    ...created.map(name => `create  ${name}`),
    ...changed.map(name => `${verbs[existing]}  ${name}`),
    ...same.map(name => `same  ${name}`)
  ]
}

function planText({ created, changed, same }: Imported, existing: Existing): string {
  const parts: [string, readonly string[]][] = [
    ['create', created],
    [verbs[existing], changed]
  ]
  const shown = parts.filter(([, names]) => names.length > 0)
  const rows = shown.map(([verb, names]) => `${verb} ${names.length}: ${shortList(names)}`)
  return visibleRows(same.length === 0 ? rows : [...rows, `leave ${same.length} that are stored already`])
}

function summary({ created, changed, same }: Imported, existing: Existing): string {
  const kept = existing === 'keep' ? changed.length : 0
  const written = changed.length - kept
  if (created.length + written === 0)
    return kept === 0
      ? `nothing to import: all is stored already`
      : `nothing imported: kept ${secrets(kept)} with another value`
  const parts = [
    ...(created.length > 0 ? [`created ${secrets(created.length)}`] : []),
    ...(written > 0 ? [`changed ${secrets(written)}`] : []),
    ...(kept > 0 ? [`kept ${kept} with another value`] : []),
    ...(same.length > 0 ? [`${same.length} stored already`] : [])
  ]
  return parts.join(', ')
}

const secrets = (count: number): string => (count === 1 ? '1 secret' : `${count} secrets`)
