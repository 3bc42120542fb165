import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { newPage, type OpenPage, type PageOptions } from './browser.js'
import { cast, type Cast, type Person } from './cast.js'

export interface Desk extends Cast {
  /** "http://127.0.0.1:41234" */
  base: string
  /** Opens a page as one of the cast, signed in without the form, or as a stranger. */
  enter (person: Person | null, options?: PageOptions): Promise<OpenPage>
  /** Makes a client as Anna would; returns its id. */
  client (body: Record<string, unknown>): Promise<number>
}

/** The cast's application, really listening, for browsers to visit. */
export async function openDesk (t: Pick<Test, 'teardown'>): Promise<Desk> {
  const made = await cast(t, { isOpen: true })
  const base = await listen(made.app)
  return {
    ...made,
    base,
    async enter (person, options = {}) {
      const opened = await newPage(t, { baseURL: base, ...options })
      if (person) await opened.context.addCookies([cookieOf(made.as(person).cookie, base)])
      return opened
    },
    async client (body) {
      const { status, location } = await made.as(made.anna).post('/clients', { kind: 'person', ...body })
      if (status !== 303) throw new Error(`The client was refused: ${status}`)
      return Number(location!.split('/').at(-1))
    }
  }
}

let last = 0

/** Lets an application listen; gives its address. It is the one that the application before it had, if that has ended: pages opened there are of use again. */
export async function listen (app: FastifyInstance): Promise<string> {
  if (app.server.listening) return addressOf(app)
  const listenOn = (port: number) => app.listen({ host: '127.0.0.1', port })
  const address = await listenOn(last).catch(error => {
    if (error.code !== 'EADDRINUSE') throw error
    return listenOn(0)
  })
  last ||= Number(new URL(address).port)
  return address
}

function addressOf ({ server }: FastifyInstance): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function cookieOf (header: string, url: string) {
  const [name = '', value = ''] = header.split('=')
  return { name, value, url }
}
