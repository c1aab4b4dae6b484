/** How the secrets of a vault are laid out: in folders of twenty, or all in one. */
const NAMES = {
  nest: index => `team-${digits(Math.floor(index / 20), 4)}/secret-${digits(index % 20, 2)}`,
  flat: index => `secret-${digits(index, 5)}`
}

const digits = (number, length) => String(number).padStart(length, '0')

export const nameOf = (layout, index) => NAMES[layout](index)

/** A value as a database's password is kept. */
export const valueOf = seed =>
  JSON.stringify({ username: 'app', password: `correct-horse-${seed}`, host: 'db.example.com', port: 5432 })
