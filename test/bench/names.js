/** The layouts of a vault: `nest` has folders of twenty secrets, `flat` has all secrets in one folder. */
const NAMES = {
  nest: index => `team-${digits(Math.floor(index / 20), 4)}/secret-${digits(index % 20, 2)}`,
  flat: index => `secret-${digits(index, 5)}`
}

const digits = (number, length) => String(number).padStart(length, '0')

export const nameOf = (layout, index) => NAMES[layout](index)

/** Returns 200 variables, as in a large environment file. */
export const manyValues = () =>
  Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`VAR_${index}`, `value-of-variable-${index}`])
  )

/** Returns a value in the form of a database's credentials. */
export const valueOf = seed =>
  JSON.stringify({ username: 'app', password: `correct-horse-${seed}`, host: 'db.example.com', port: 5432 })
