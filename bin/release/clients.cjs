// In place of src/system/database/packages.ts in the executable, which brings the clients of the databases along: a package
// that is installed elsewhere would have to run in another version of another runtime.
const CLIENTS = {
  postgresql: { name: 'pg', load: () => require('pg') },
  mysql: { name: 'mysql2', load: () => require('mysql2/promise') },
  redis: { name: '@redis/client', load: () => require('@redis/client') }
}

exports.PACKAGES = Object.fromEntries(Object.entries(CLIENTS).map(([database, { name }]) => [database, name]))

/** There is no file of its own: it is in the executable. */
exports.clientFile = database => `${process.execPath}#${database}`

exports.loadClient = file => CLIENTS[file.slice(file.lastIndexOf('#') + 1)].load()
