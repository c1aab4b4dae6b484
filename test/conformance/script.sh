# A script as users write it for Secrets Manager. $SM is `aws secretsmanager` or `git-vault`; the output must be the same.
step() {
  printf '\n$ %s\n' "$*"
  $SM "$@" >out.txt 2>err.txt </dev/null
  local code=$?
  cat out.txt
  sed 's/^/stderr: /' err.txt
  printf 'exit code %s\n' "$code"
}
id() { $SM "$@" --output text --query VersionId; }

printf 'from a file' >value.txt
printf '\001\002\377' >value.bin
printf '[{"Key":"team","Value":"file"}]' >tags.json

step create-secret --name app/db --secret-string first --description 'The database' --tags Key=team,Value=core Key=env,Value=prod
step create-secret --name app/db --secret-string first
step create-secret --name app/api --secret-string file://value.txt --tags file://tags.json
step create-secret --name app/bytes --secret-binary fileb://value.bin
step create-secret --name 'bad name' --secret-string x
step get-secret-value --secret-id app/db
step get-secret-value --secret-id app/bytes --query SecretBinary
step get-secret-value --secret-id app/api --query SecretString --output text
step get-secret-value --secret-id app/none
step put-secret-value --secret-id app/db --secret-string second
step put-secret-value --secret-id app/db --secret-string blue --version-stages BLUE GREEN
step get-secret-value --secret-id app/db --version-stage AWSPREVIOUS --query '[Name,SecretString,VersionStages]'
step get-secret-value --secret-id app/db --version-stage NONE
step describe-secret --secret-id app/db --query '{name: Name, tags: Tags, stages: length(VersionIdsToStages)}'
step describe-secret --secret-id app/api --output text --query '[Name,Tags[0].Key,Tags[0].Value]'
step describe-secret --secret-id app/bytes --output table --query '{Name: Name, Described: Description}'
step update-secret --secret-id app/db --description 'The new one'
step update-secret --secret-id app/api --secret-string '{"user":"x","password":"y"}'
previous=$(id get-secret-value --secret-id app/db --version-stage AWSPREVIOUS)
current=$(id get-secret-value --secret-id app/db)
step update-secret-version-stage --secret-id app/db --version-stage AWSCURRENT --move-to-version-id "$previous"
step update-secret-version-stage --secret-id app/db --version-stage AWSCURRENT --move-to-version-id "$previous" --remove-from-version-id "$current"
step get-secret-value --secret-id app/db --query SecretString --output text
step list-secret-version-ids --secret-id app/db --query 'Versions[].VersionStages'
step list-secrets --query 'SecretList[].[Name,Description]'
step list-secrets --query 'SecretList[].Name' --output text
step list-secrets --filters Key=name,Values=app/d,app/b Key=tag-key,Values=team --query 'SecretList[].Name'
step list-secrets --max-items 1 --query 'SecretList[].Name'
step list-secrets --output table --query 'SecretList[].{Name: Name, Tags: Tags}'
step batch-get-secret-value --secret-id-list app/db app/none --query '{got: SecretValues[].SecretString, errors: Errors}'
step tag-resource --secret-id app/api --tags '[{"Key":"team","Value":"json"}]'
step untag-resource --secret-id app/api --tag-keys team
step describe-secret --secret-id app/api --query Tags
step get-random-password --password-length 20 --exclude-punctuation --query 'length(RandomPassword)'
step put-resource-policy --secret-id app/db --resource-policy '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}'
step get-resource-policy --secret-id app/db
step put-resource-policy --secret-id app/db --resource-policy '{'
step delete-resource-policy --secret-id app/db
step replicate-secret-to-regions --secret-id app/db --add-replica-regions Region=eu-west-3
step remove-regions-from-replication --secret-id app/db --remove-replica-regions eu-west-3
step rotate-secret --secret-id app/db
step delete-secret --secret-id app/db --recovery-window-in-days 7
step get-secret-value --secret-id app/db
step restore-secret --secret-id app/db
step delete-secret --secret-id app/db --force-delete-without-recovery
step describe-secret --secret-id app/db
step get-secret-value
step get-secret-value --secret-id x --nonsense y
step put-secret-value --secret-id app/api --secret-string x --version-stages '["AWSCURRENT"'
step update-secret-version-stage --secret-id app/api --version-stage ''
