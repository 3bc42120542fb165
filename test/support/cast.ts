import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { hashPassword } from '../../src/sign-in/password.js'
import { BUILT_IN_ROLES } from '../../src/rights.js'
import type { TestApp } from './app.js'
import { openSessions } from './session.js'
import { spareApp } from './spare.js'

export { openSession } from './session.js'

export interface Person { id: number, name: string, email: string, roleId: number }

export const PASSWORD = 'correct horse battery'
let hash: Promise<string> | undefined

/** An answer as a test reads it. */
export interface Answer {
  status: number
  body: string
  headers: Record<string, string | string[] | number | undefined>
  /** Where a redirect leads. */
  location: string | undefined
  /** The words beside a field, by its name in the form; '' when nothing is wrong with it. */
  error (field: string): string
}

export interface Ask { fragment?: boolean, headers?: Record<string, string> }

export interface Visitor {
  cookie: string
  get (path: string, ask?: Ask): Promise<Answer>
  post (path: string, body?: Record<string, unknown>, ask?: Ask): Promise<Answer>
}

type Name = 'anna' | 'marek' | 'sofia' | 'nuno' | 'olga'

export interface Cast extends TestApp, Record<Name, Person> {
  /** Acts as one of the cast, or as a stranger without a session. */
  as (person: Person | null, app?: FastifyInstance): Visitor
}

/** Anna the admin, Marek the manager, Sofia the specialist, Nuno with no rights and Olga the owner, in a shop in Wrocław; `isOpen` for whoever will listen. */
export async function cast (t: Pick<Test, 'teardown'>, { isOpen = false } = {}): Promise<Cast> {
  const made = await spareApp(t, { isOpen })
  const { app, db } = made
  const [nothing] = await db('roles').insert({ name: 'Nothing', rights: [] }).returning('id')
  const roles = Object.fromEntries((await db('roles').whereIn('key', Object.keys(BUILT_IN_ROLES)).select('key', 'id')).map(role => [role.key, role.id]))
  const hashed = await (hash ??= hashPassword(PASSWORD))
  const named = Object.entries({
    anna: ['Anna Kowalska', roles.admin],
    marek: ['Marek Nowak', roles.manager],
    sofia: ['Sofia Ramos', roles.specialist],
    nuno: ['Nuno Alves', nothing.id],
    olga: ['Olga Wójcik', roles.owner]
  } as Record<Name, [string, number]>).map(([key, [name, roleId]]) => ({ key, name, email: `${key}@clientela.example`, roleId }))
  const ids = await db('employees').insert(named.map(({ name, email, roleId }) => ({ name, email, role_id: roleId, language: 'en', password_hash: hashed }))).returning('id')
  const people = Object.fromEntries(named.map(({ key, ...person }, n) => [key, { id: ids[n].id, ...person }])) as Record<Name, Person>
  const opened = await openSessions(app, db, ids.map(({ id }) => id))
  const cookies = new Map(ids.map(({ id }, n) => [id, opened[n]!]))
  return {
    ...made,
    ...people,
    as: (someone, on = app) => visitor(on, someone ? cookies.get(someone.id)! : '')
  }
}

/** Asks as a browser does: same origin, a form's encoding, and the cookie given. */
export function visitor (app: FastifyInstance, cookie: string): Visitor {
  const send = async (options: InjectOptions, { fragment, headers }: Ask = {}): Promise<Answer> => {
    const response = await app.inject({
      ...options,
      headers: { ...options.headers, 'sec-fetch-site': 'same-origin', host: 'localhost:3000', ...(cookie && { cookie }), ...(fragment && { 'hx-request': 'true', 'hx-request-type': 'partial' }), ...headers }
    })
    const { body } = response
    return { status: response.statusCode, body, headers: response.headers, location: response.headers.location as string | undefined, error: field => errorOf(body, field) }
  }
  return {
    cookie,
    get: (path, ask) => send({ method: 'GET', url: path }, ask),
    post: (path, body = {}, ask) => send({ method: 'POST', url: path, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: encode(body) }, ask)
  }
}

function encode (body: Record<string, unknown>): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) form.append(name, String(one))
  }
  return form.toString()
}

function errorOf (body: string, field: string): string {
  const id = field.replace(/[^a-z0-9]+/gi, '-')
  const found = new RegExp(`id="${id}-error"[^>]*>([^<]*)<`).exec(body)
  return found ? found[1]!.replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&amp;/g, '&').trim() : ''
}
