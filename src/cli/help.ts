export const programHelp = `git-vault: AWS Secrets Manager in a git repository

Usage: git-vault [-C DIR] <command> [options]

Getting started:
  init        create a vault in this repository
  clone       clone a repository that has a vault, and set it up
  identity    create your private keys, or show your public key
  trust       trust the vault in this clone, after comparing its fingerprint

Working with secrets:
  put         store a new version of a secret
  get         print the value of a secret, or one of its fields
  copy        put a secret on the clipboard, and clear it after 45 seconds
  set         change one field of a secret that is a JSON object
  edit        change a secret in your editor
  import      store the values of a file, such as .env, in one commit
  export      write secrets as dotenv, JSON, YAML and other formats
  template    print a file with secrets in place of placeholders
  run         run a program with secrets as environment variables (also: exec)
  env         print secrets as shell code that sets variables
  activate    make your shell set variables when it enters a vault's folder
  completion  make your shell complete commands and names of secrets
  browse      search, show, copy, edit and roll back secrets, full screen
  ls          list secrets
  find        list the secrets that have a text in their name or tags
  show        show everything about a secret but its value
  generate    generate a password, and store it
  tag         set, remove or list the tags of a secret
  label       put a staging label on a version
  cp          copy a secret, or a folder of secrets, to a new name
  mv          give a secret, or a folder of secrets, a new name
  rm          delete a secret after a recovery window
  restore     bring back a deleted secret
  history     show the versions of a secret as a timeline
  rollback    go back to an earlier version of a secret, for everyone
  log         show who did what, and when
  diff        show what differs between two commits
  verify      check the whole vault, or a range of commits
  resolve     settle a conflict that git left, or a merge made by hand
  gc          remove the files of secrets whose recovery window is over
  repair-dates  correct the dates that a clock far ahead gave a secret
  unlock      enter your passphrase once, and use it for a while
  lock        forget the unlocked identity

Working in a team:
  sync        fetch, verify what came, merge, and push
  member      add and remove members, and change their rights
  key         manage keys, and choose which secrets each key encrypts
  exposure    list values that someone without the right may know
  report      write a page for an audit: who can read what, and what was done
  recovery    create a recovery identity, split into shares
  hook        check each commit before git makes it
  doctor      check that this clone and its vault are in good order

Rotating secrets:
  function    register the functions that rotate secrets
  rotate      rotate secrets
  due         list the secrets that are due for rotation
  rotation    show how a rotation went, or turn it off

Scripts written for AWS:
  profile     map AWS profiles to vaults

Serving programs:
  serve       serve the vault to AWS SDKs and the AWS CLI over HTTP
  credential  manage access keys for \`serve\`

Commands of the AWS CLI, with its options, output and exit codes:
  create-secret            get-secret-value         list-secrets
  describe-secret          put-secret-value         list-secret-version-ids
  update-secret            delete-secret            restore-secret
  tag-resource             untag-resource           update-secret-version-stage
  rotate-secret            cancel-rotate-secret     batch-get-secret-value
  get-resource-policy      put-resource-policy      delete-resource-policy
  validate-resource-policy get-random-password      replicate-secret-to-regions
  stop-replication-to-replica                  remove-regions-from-replication

-C DIR runs a command as if it was started in DIR. GIT_VAULT_DIR names a folder
of the repository that has the vault, if it is not the current one.

For the options of a command: git-vault <command> --help
Every command takes --at-least COMMIT: refuse a branch that lacks this commit,
and every state from before it (in CI, set GIT_VAULT_AT_LEAST).
Every command also works as \`git vault <command>\`, but git handles
\`git vault --help\` itself: use \`git vault -h\`.

Example:
  git-vault init
  git-vault put prod/db --create
  git-vault get-secret-value --secret-id prod/db \\
    --query SecretString --output text
`
