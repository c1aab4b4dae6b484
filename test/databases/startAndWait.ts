import { startPostgres } from './postgres.js'

const { pid, folder } = await startPostgres()
console.log(JSON.stringify({ pid, folder }))
setInterval(() => undefined, 1e6)
