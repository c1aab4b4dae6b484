import type { Verb } from './command/verb.js'

/** The commands that are not Secrets Manager operations. Each is loaded only when it runs. */
export const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  init: async () => (await import('./verbs/init.js')).init,
  clone: async () => (await import('./verbs/clone.js')).clone,
  identity: async () => (await import('./verbs/identity.js')).identity,
  unlock: async () => (await import('./verbs/unlock.js')).unlock,
  lock: async () => (await import('./verbs/lock.js')).lock,
  trust: async () => (await import('./verbs/trust.js')).trust,
  member: async () => (await import('./verbs/member.js')).member,
  key: async () => (await import('./verbs/key.js')).key,
  sync: async () => (await import('./verbs/sync.js')).sync,
  recovery: async () => (await import('./verbs/recovery.js')).recovery,
  doctor: async () => (await import('./verbs/doctor.js')).doctor,
  exposure: async () => (await import('./verbs/exposure.js')).exposure,
  report: async () => (await import('./verbs/report.js')).report,
  put: async () => (await import('./verbs/put.js')).put,
  get: async () => (await import('./verbs/get.js')).get,
  copy: async () => (await import('./verbs/copy.js')).copy,
  set: async () => (await import('./verbs/set.js')).set,
  edit: async () => (await import('./verbs/edit.js')).edit,
  import: async () => (await import('./verbs/import.js')).importVerb,
  export: async () => (await import('./verbs/export.js')).exportVerb,
  template: async () => (await import('./verbs/template.js')).template,
  run: async () => (await import('./verbs/run.js')).run,
  env: async () => (await import('./verbs/env.js')).env,
  activate: async () => (await import('./verbs/activate.js')).activate,
  completion: async () => (await import('./verbs/completion.js')).completion,
  browse: async () => (await import('./verbs/browse.js')).browse,
  ls: async () => (await import('./verbs/ls.js')).ls,
  history: async () => (await import('./verbs/history.js')).history,
  rollback: async () => (await import('./verbs/rollback.js')).rollback,
  show: async () => (await import('./verbs/show.js')).show,
  find: async () => (await import('./verbs/find.js')).find,
  generate: async () => (await import('./verbs/generate.js')).generate,
  tag: async () => (await import('./verbs/tag.js')).tag,
  label: async () => (await import('./verbs/label.js')).label,
  cp: async () => (await import('./verbs/cp.js')).cp,
  mv: async () => (await import('./verbs/mv.js')).mv,
  rm: async () => (await import('./verbs/rm.js')).rm,
  restore: async () => (await import('./verbs/restore.js')).restore,
  log: async () => (await import('./verbs/log.js')).log,
  diff: async () => (await import('./verbs/diff.js')).diff,
  hook: async () => (await import('./verbs/hook.js')).hook,
  verify: async () => (await import('./verbs/verify.js')).verify,
  resolve: async () => (await import('./verbs/resolve.js')).resolve,
  gc: async () => (await import('./verbs/gc.js')).gc,
  'repair-dates': async () => (await import('./verbs/repairDates.js')).repairDates,
  serve: async () => (await import('./verbs/serve.js')).serve,
  profile: async () => (await import('./verbs/profile.js')).profile,
  function: async () => (await import('./verbs/function.js')).functionVerb,
  due: async () => (await import('./verbs/due.js')).due,
  rotate: async () => (await import('./verbs/rotate.js')).rotate,
  rotation: async () => (await import('./verbs/rotation.js')).rotation,
  credential: async () => (await import('./verbs/credential.js')).credential
}

/** Other names of commands, which people know from other tools. */
export const aliases: Readonly<Record<string, string>> = { exec: 'run' }

/** The commands that git runs, after the clone's configuration. The program's help does not list them. */
export const gitVerbs: Readonly<Record<string, () => Promise<Verb>>> = {
  textconv: async () => (await import('./verbs/textconv.js')).textconv
}
