import { COMMIT, GET, HELP, NODE, PUT, PUT_NEST, RUN, RUN_MANY } from './actions.js'
import { CHANGES } from './changes.js'
import { notMeasured } from './processes.js'
import { paired, summary } from './statistics.js'
import { number, range, table } from './table.js'

/**
 * Returns the budgets with the measured figures.
 * @param reads rounds of `--help` and get
 * @param writes rounds of the puts and of git by hand
 * @param size number of secrets in the large vault
 */
export function budgets(reads, writes, size) {
  const empty = reads.get(NODE)
  const byHand = total([2, writes.get(NODE)], [1.5, writes.get(COMMIT)])
  return [
    budget(`${GET} / ${NODE}`, 2, reads.get(GET), empty),
    budget(`${PUT} / (2 x ${NODE} + 1.5 x (${COMMIT}))`, 1, writes.get(PUT), byHand),
    budget(
      `${PUT}, ${size.toLocaleString('en')} secrets / 20 secrets`,
      2,
      writes.get(PUT_NEST),
      writes.get(PUT)
    ),
    budget(`${HELP} / ${NODE}`, 1.2, reads.get(HELP), empty)
  ]
}

/** The budgets of starting a program, as the ratio to a read and to one secret. */
export function runBudgets(runners) {
  return [
    budget(`${RUN} / ${GET}`, 1.15, runners.get(RUN), runners.get(GET)),
    budget(`${RUN_MANY} / ${RUN}`, 2, runners.get(RUN_MANY), runners.get(RUN))
  ]
}

/** The budget for memory: the peak for ten times as many secrets must not be much higher. */
export function flatness(measured, many, few) {
  const [most, least] = [measured.get(many).peak, measured.get(few).peak]
  if (most === undefined) return []
  const ratio = summary([most / least])
  return [{ name: `peak memory of ${many} / ${few}`, budget: 2, ok: ratio.median <= 2, wall: ratio }]
}

function budget(name, limit, figures, base) {
  const wall = paired(figures.wall.values, base.wall.values)
  // Not paired by round: the processor time of one process is too imprecise.
  const cpu = figures.cpu === undefined ? undefined : figures.cpu / base.cpu
  return { name, budget: limit, ok: wall.median <= limit, wall, cpu }
}

/** Returns the sum of several figures, each multiplied by a factor. */
function total(...parts) {
  const sum = of => parts.reduce((all, [factor, figures]) => all + factor * of(figures), 0)
  const [[, { wall, cpu }]] = parts
  return {
    wall: { values: wall.values.map((_, round) => sum(figures => figures.wall.values[round])) },
    ...(cpu === undefined ? {} : { cpu: sum(figures => figures.cpu) })
  }
}

/** Returns one row per timed process. The empty process, which starts every comparison, has one row. */
export function processRows(comparisons) {
  const rows = new Map()
  for (const measured of comparisons) {
    const base = measured.get(NODE).wall.values
    for (const [name, figures] of measured) {
      if (!rows.has(name)) rows.set(name, { name, ...figures, ratio: paired(figures.wall.values, base) })
    }
  }
  return [...rows.values()]
}

/** Returns the endpoint's figures, with the values it has to reach. */
export function endpointRows({ get, put, moto, git }) {
  const rates = figures => figures.map(({ rate }) => rate)
  const slowest = summary(get.map(({ p99 }) => p99))
  return [
    ...(moto.length > 0
      ? [floor('GetSecretValue per second / moto_server', 20, paired(rates(get), rates(moto)))]
      : []),
    {
      name: 'GetSecretValue, 99th percentile, ms',
      wanted: 'under 10',
      ok: slowest.median < 10,
      figure: slowest
    },
    floor('PutSecretValue per second / a loop of git add + git commit', 3, paired(rates(put), rates(git))),
    { name: 'GetSecretValue per second', figure: summary(rates(get)) },
    { name: 'PutSecretValue per second', figure: summary(rates(put)) },
    ...(moto.length > 0
      ? [{ name: 'moto_server, GetSecretValue per second', figure: summary(rates(moto)) }]
      : []),
    { name: 'git add + git commit per second', figure: summary(rates(git)) }
  ]
}

function floor(name, minimum, figure) {
  return { name, wanted: `at least ${minimum}`, ok: figure.median >= minimum, figure }
}

/** Returns the whole report as text. */
export function report(measured) {
  const { machine, options, budgets, processes, library, changes, imports, shared, endpoint, found, absent } =
    measured
  const many = options.secrets.toLocaleString('en')
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`)
  const sections = [
    [
      facts.join(', '),
      ...(options.short
        ? [`short run: the large vaults have ${many} secrets; the budgets are for 20,000`]
        : [])
    ].join('\n'),
    table(
      ['Budgets', 'wall', 'min..max', 'cpu', 'budget', ''],
      budgets.map(({ name, budget, ok, wall, cpu }) => [
        name,
        `${number(wall.median)} x`,
        range(wall),
        cpu === undefined ? '-' : `${number(cpu)} x`,
        `${number(budget)} x`,
        ok ? 'ok' : 'OVER'
      ])
    ),
    table(
      ['Whole processes', 'ms', 'min..max', 'cpu ms', 'peak MB', `x ${NODE}`],
      processes.map(({ name, wall, cpu, peak, ratio }) => [
        name,
        number(wall.median),
        range(wall),
        number(cpu),
        number(peak),
        number(ratio.median)
      ])
    ),
    table(
      ['Library, one process', 'per second', 'min..max'],
      library.map(({ name, ...rate }) => [name, number(rate.median), range(rate)])
    ),
    table(
      [`${CHANGES} changes, ${many} secrets`, 'ms', 'min..max', 'cpu ms', 'x git', 'x a 20th of the secrets'],
      changes.map(({ name, wall, cpu, git, few }) => [
        name,
        number(wall.median),
        range(wall),
        number(cpu),
        number(git?.median),
        number(few?.median)
      ])
    ),
    table(
      ['Import', 'per second', 'min..max', 'cpu ms', 'peak MB', 'x git'],
      imports.map(({ name, rate, cpu, peak, git }) => [
        name,
        number(rate.median),
        range(rate),
        number(cpu),
        number(peak),
        number(git?.median)
      ])
    ),
    table(
      [`${shared.clones} clones sync at once, 5 secrets`, ''],
      [
        ['versions that arrived', String(shared.puts)],
        ['seconds', number(shared.seconds)],
        ['pushes that lost a race', String(shared.races)],
        ['most races that one sync lost', String(shared.mostRaces)],
        ['syncs that gave up and were called again', String(shared.refused)]
      ]
    ),
    table(
      ['Endpoint, 16 connections', '', 'min..max', 'wanted', ''],
      endpoint.map(({ name, figure, wanted, ok }) => [
        name,
        number(figure.median),
        range(figure),
        wanted ?? '',
        wanted === undefined ? '' : ok ? 'ok' : 'MISSED'
      ])
    ),
    [
      `compared: ${found.length === 0 ? 'no other program is installed' : found.join(', ')}`,
      ...absent.map(line => `not compared: ${line}`),
      ...(notMeasured ? [notMeasured] : [])
    ].join('\n')
  ]
  return `${sections.filter(section => section !== '').join('\n\n')}\n`
}
