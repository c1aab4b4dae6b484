import { attention, cards } from './attention.js'
import { checks } from './checks.js'
import type { ReportData } from './data.js'
import { exposures, rotations } from './duties.js'
import { chosen, Html, html, timeTag } from './html.js'
import { people } from './people.js'
import { secretList } from './secrets.js'
import { STYLE, STYLE_HASH } from './style.js'
import { timeline } from './timeline.js'

const SECTIONS: readonly (readonly [id: string, title: string])[] = [
  ['attention', 'Needs attention'],
  ['access', 'Who can read what'],
  ['secrets', 'Secrets'],
  ['exposure', 'Exposed values'],
  ['rotation', 'Rotation'],
  ['timeline', 'Timeline'],
  ['checks', 'Verification']
]

// its hash is that of every character between the tags
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`)

/**
 * Returns the report as one page of HTML. It loads nothing and runs nothing: its policy allows no more than its own style. The
 * same data makes the same page.
 */
export function reportPage(data: ReportData): string {
  const { vault, made, by, program } = data
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>Secrets report, ${made.slice(0, 10)}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        <header>
          <h1>Secrets report</h1>
          <p class="lead">
            Who can read which secrets of this vault, what must be replaced, and what was done. It holds no
            value of a secret.
          </p>
          <dl class="facts">
            <dt>State of</dt>
            <dd>${timeTag(made)} UTC</dd>
            <dt>Commit</dt>
            <dd>
              <span class="mono">${vault.commit}</span
              >${vault.branch === undefined ? ' (no branch)' : html` on ${chosen(vault.branch)}`}
            </dd>
            <dt>Vault</dt>
            <dd>
              ${chosen(vault.folder)}, region ${vault.region}, account ${vault.account}, created
              ${timeTag(vault.created)}
            </dd>
            <dt>Fingerprint</dt>
            <dd class="mono">${vault.words}</dd>
            <dt>Made by</dt>
            <dd>
              ${by === undefined ? 'a clone without the identity of a member' : chosen(by)}, with git-vault
              ${program}
            </dd>
          </dl>
        </header>
        <nav aria-label="Sections">
          <ul>
            ${SECTIONS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="main" tabindex="-1">
          ${cards(data)}${attention(data)}${people(data)}${secretList(data)}${exposures(data)}${rotations(data)}${timeline(data)}${checks(data)}
        </main>
        <footer>
          <p>
            Members, keys and rights are those of the signed access log, from the root that this clone trusts.
            Dates are those that the signers stated, in UTC. What a member read, and what they kept of it, is
            not recorded anywhere: this page shows who was able to read.
          </p>
        </footer>
      </body>
    </html> `.markup
}
