export const programHelp = `git-vault: AWS Secrets Manager in a git repository

Usage: git-vault <command> [options]

To begin:
  init       make a vault in this repository
  identity   make your keys, or show their public half
  trust      accept a vault's root in this clone

Every day:
  put        write a new version of a secret
  get        print a secret's value
  ls         list secrets
  history    draw a secret's versions as a timeline
  log        show who did what
  verify     check everything in the vault, or in a range of commits
  gc         remove deleted secrets past their recovery window
  unlock     give your passphrase once, and not again for a while
  lock       end that

In a team:
  member     say who may do what, and remove people
  key        give names a key of their own
  exposure   list the values that somebody without the right could know
  recovery   split an identity for the day on which all others are gone
  doctor     look at what this vault needs

For programs:
  serve       answer AWS SDKs and the AWS CLI over HTTP
  credential  say who may do what there

As in the AWS CLI, with its options, output and exit codes:
  create-secret            get-secret-value         list-secrets
  describe-secret          put-secret-value         list-secret-version-ids
  update-secret            delete-secret            restore-secret
  tag-resource             untag-resource           update-secret-version-stage
  rotate-secret            cancel-rotate-secret     batch-get-secret-value
  get-resource-policy      put-resource-policy      delete-resource-policy
  validate-resource-policy get-random-password      replicate-secret-to-regions
  stop-replication-to-replica                       remove-regions-from-replication

git-vault <command> --help tells more of each. Everything works as \`git vault …\` too, except --help, which
git keeps for its manual: use \`git vault <command> -h\`.

Example:
  git-vault init
  git-vault put prod/db --create
  git-vault get-secret-value --secret-id prod/db --query SecretString --output text
`
