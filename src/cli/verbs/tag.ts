import { UsageError } from '../arguments/usage.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible, visibleJson, visibleRows } from '../terminal/escape.js'

export const tag: Verb = {
  help: `Usage: git-vault tag NAME [KEY=VALUE...] [options]

Set tags of a secret, or remove them. Without either, list them. Tags are not
encrypted.

Options:
  --remove KEY      remove the tag of this key; repeatable
  --json            print the tags as JSON
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault tag prod/db team=billing
`,
  options: { remove: { kind: 'repeat' }, ...jsonOption, ...regionOption },
  words: ['NAME', 'KEY=VALUE'],
  required: 1,
  repeats: true,

  async run(parsed, world) {
    const { io, services } = world
    const [name = '', ...words] = parsed.words
    const tags = words.map(toTag)
    const removed = parsed.list('remove') ?? []
    if (tags.length > 0 && removed.length > 0)
      throw new UsageError('input', '--remove cannot be combined with KEY=VALUE', 'run git-vault tag twice')
    const vault = await openCurrentVault(world, parsed.text('region'))
    const SecretId = name
    if (tags.length > 0) await services.call(vault, 'TagResource', { SecretId, Tags: tags })
    if (removed.length > 0) await services.call(vault, 'UntagResource', { SecretId, TagKeys: [...removed] })
    const { Tags = [] } = await services.call(vault, 'DescribeSecret', { SecretId })
    await io.stdout.write(
      isJson(parsed)
        ? visibleJson({ Tags })
        : visibleRows(Tags.map(({ Key, Value }) => `${Key ?? ''}=${Value ?? ''}`))
    )
  }
}

function toTag(word: string): { Key: string; Value: string } {
  const at = word.indexOf('=')
  if (at < 1) throw new UsageError('input', `'${visible(word)}' is not KEY=VALUE`, 'git-vault tag --help')
  return { Key: word.slice(0, at), Value: word.slice(at + 1) }
}
