import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { removeFolder } from '../removeFolder.js'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const ELSEWHERE = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

function program(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = [...NAMES.flatMap(name => folders.map(folder => join(folder, name))), ...ELSEWHERE].find(
    path => existsSync(path)
  )
  if (found === undefined)
    throw new Error(
      'missing: chromium, in which the tests open pages. Install it: bash test/browser/setup.sh'
    )
  return found
}

export interface View {
  readonly width: number
  readonly scheme?: 'light' | 'dark'
  readonly media?: 'screen' | 'print'
}

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

type Send = (method: string, params?: object) => Promise<never>

/** A headless Chromium of its own, driven through a pipe by the DevTools protocol. Ends with this process. */
export class Browser {
  readonly #child: ChildProcess
  readonly #profile = mkdtempSync(join(tmpdir(), 'git-vault-browser-'))
  readonly #waiting = new Map<number, (message: Message) => void>()
  readonly #listeners = new Map<string, (message: Message) => void>()
  #last = 0
  #rest = ''

  constructor() {
    const flags = [
      ...['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${this.#profile}`, '--no-first-run'],
      ...['--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-sync'],
      ...['--disable-component-update', '--no-default-browser-check', '--password-store=basic'],
      // no request leaves the machine, whatever the browser itself would like to load
      '--host-resolver-rules=MAP * ~NOTFOUND',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])
    ]
    this.#child = spawn(program(), flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    const output = this.#child.stdio[4] as Readable
    output.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    process.once('exit', () => this.#child.kill('SIGKILL'))
  }

  async open(file: string, view: View): Promise<Tab> {
    const { targetId } = await this.#send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.#send<{ sessionId: string }>('Target.attachToTarget', {
      ...{ targetId, flatten: true }
    })
    const tab = new Tab((method, params) => this.#send(method, params, sessionId))
    this.#listeners.set(sessionId, message => tab.hear(message.method ?? '', message.params ?? {}))
    await tab.load(pathToFileURL(file).href, view)
    return tab
  }

  async close(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('close', resolve))
    // its processes end with it, which a kill would not wait for
    await this.#send('Browser.close')
    await ended
    await removeFolder(this.#profile)
  }

  #send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#last
    const input = this.#child.stdio[3] as Writable
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T)
      )
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`)
    })
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split('\0')
    this.#rest = messages.pop() ?? ''
    for (const one of messages) {
      const message = JSON.parse(one) as Message
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message)
      else this.#listeners.get(message.sessionId ?? '')?.(message)
    }
  }
}

/** A page that is open. */
export class Tab {
  /** The addresses that the page asked for, its own included. */
  readonly requests: string[] = []
  /** What the page or the browser wrote to the console, and errors. */
  readonly console: string[] = []
  readonly #send: Send
  #loaded: () => void = () => undefined

  constructor(send: Send) {
    this.#send = send
  }

  hear(method: string, params: Record<string, unknown>): void {
    if (method === 'Network.requestWillBeSent')
      this.requests.push((params as { request: { url: string } }).request.url)
    if (method === 'Page.loadEventFired') this.#loaded()
    if (/^(?:Runtime\.consoleAPICalled|Runtime\.exceptionThrown|Log\.entryAdded)$/.test(method))
      this.console.push(JSON.stringify(params))
  }

  async load(url: string, view: View): Promise<void> {
    for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'Accessibility', 'DOM'])
      await this.#send(`${domain}.enable`)
    await this.show(view)
    const loaded = new Promise<void>(resolve => (this.#loaded = resolve))
    await this.#send('Page.navigate', { url })
    await loaded
  }

  /** Shows the page in another way, without loading it again. */
  async show({ width, scheme = 'light', media = 'screen' }: View): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 900, deviceScaleFactor: 1, mobile: width < 600 }
    })
    await this.#send('Emulation.setEmulatedMedia', {
      ...{ media, features: [{ name: 'prefers-color-scheme', value: scheme }] }
    })
  }

  /** Evaluates code in the page. The result is copied. */
  async run<T = unknown>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true }
    })) as { result: { value: T }; exceptionDetails?: object }
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }

  async press(key: 'Tab' | 'Enter' | ' '): Promise<void> {
    const code = { Tab: 9, Enter: 13, ' ': 32 }[key]
    const text = { Tab: '', Enter: '\r', ' ': ' ' }[key]
    const event = { key, windowsVirtualKeyCode: code, ...(text ? { text } : {}) }
    await this.#send('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...event })
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
  }

  /** What a screen reader is told, in the order of the page. */
  async accessible(): Promise<{ role: string; name: string }[]> {
    const { nodes } = (await this.#send('Accessibility.getFullAXTree')) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[]
    }
    return nodes
      .filter(({ ignored }) => !ignored)
      .map(({ role, name }) => ({ role: role?.value ?? '', name: name?.value ?? '' }))
  }

  async pdf(): Promise<Buffer> {
    const { data } = (await this.#send('Page.printToPDF', { printBackground: false })) as { data: string }
    return Buffer.from(data, 'base64')
  }

  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#send('Page.captureScreenshot', { captureBeyondViewport: true })) as {
      data: string
    }
    return Buffer.from(data, 'base64')
  }
}
