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
  const made = await cast(t)
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

/** Lets an application listen on a free port; gives its address. */
export const listen = (app: FastifyInstance): Promise<string> => app.listen({ host: '127.0.0.1', port: 0 })

function cookieOf (header: string, url: string) {
  const [name = '', value = ''] = header.split('=')
  return { name, value, url }
}
