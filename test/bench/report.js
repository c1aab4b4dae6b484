import { COMMIT, GET, HELP, NODE, PUT, PUT_NEST } from './actions.js'
import { notMeasured } from './processes.js'
import { paired, summary } from './statistics.js'
import { number, range, table } from './table.js'

/**
 * The budgets, with what was measured.
 * @param reads rounds of `--help` and get
 * @param writes rounds of the puts and of git by hand
 * @param size secrets of the large vault
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

/** Ten times as many secrets must not need much more memory: peak by peak, in place of times. */
export function flatness(measured, many, few) {
  const [most, least] = [measured.get(many).peak, measured.get(few).peak]
  if (most === undefined) return []
  const ratio = summary([most / least])
  return [{ name: `peak memory of ${many} / ${few}`, budget: 2, ok: ratio.median <= 2, wall: ratio }]
}

function budget(name, most, figures, base) {
  const wall = paired(figures.wall.values, base.wall.values)
  // No pairs here: the processor time of one process is too coarse.
  const cpu = figures.cpu === undefined ? undefined : figures.cpu / base.cpu
  return { name, budget: most, ok: wall.median <= most, wall, cpu }
}

/** The same work, so many times each. */
function total(...parts) {
  const sum = of => parts.reduce((all, [times, figures]) => all + times * of(figures), 0)
  const [[, { wall, cpu }]] = parts
  return {
    wall: { values: wall.values.map((_, round) => sum(figures => figures.wall.values[round])) },
    ...(cpu === undefined ? {} : { cpu: sum(figures => figures.cpu) })
  }
}

/** One row for each process that was timed; the empty one, with which every comparison starts, once. */
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

/** What the endpoint has to reach. */
export function endpointRows({ get, put, moto, git }) {
  const rates = figures => figures.map(({ rate }) => rate)
  const slowest = summary(get.map(({ p99 }) => p99))
  return [
    ...(moto.length > 0
      ? [floor('GetSecretValue, a second / moto_server', 20, paired(rates(get), rates(moto)))]
      : []),
    { name: 'GetSecretValue, p99 in ms', wanted: 'under 10', ok: slowest.median < 10, figure: slowest },
    floor('PutSecretValue, a second / git add + git commit, a loop', 3, paired(rates(put), rates(git))),
    { name: 'GetSecretValue, a second', figure: summary(rates(get)) },
    { name: 'PutSecretValue, a second', figure: summary(rates(put)) },
    ...(moto.length > 0
      ? [{ name: 'moto_server, GetSecretValue, a second', figure: summary(rates(moto)) }]
      : []),
    { name: 'git add + git commit, a second', figure: summary(rates(git)) }
  ]
}

function floor(name, least, figure) {
  return { name, wanted: `at least ${least}`, ok: figure.median >= least, figure }
}

/** All of it as text. */
export function report({ machine, options, budgets, processes, library, endpoint, absent }) {
  const many = options.secrets.toLocaleString('en')
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`)
  const sections = [
    [
      facts.join(', '),
      ...(options.short
        ? [`a short run: the large vaults have ${many} secrets, the budgets are for 20,000`]
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
      ['Library, one process', 'a second', 'min..max'],
      library.map(({ name, ...rate }) => [name, number(rate.median), range(rate)])
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
    [...absent.map(line => `not compared: ${line}`), ...(notMeasured ? [notMeasured] : [])].join('\n')
  ]
  return `${sections.filter(section => section !== '').join('\n\n')}\n`
}
