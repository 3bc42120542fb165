import type { Kind } from '../../src/clients/client.js'
import { createClient, setArchived, type NewClient } from '../../src/clients/queries.js'
import { readNumber } from '../../src/clients/phones/number.js'
import type { Db } from '../../src/database/knex.js'
import type { Viewer } from '../../src/web/viewer.js'
import { PAGE_VIEWER } from '../../src/web/whose-page.js'
import type { Person } from './cast.js'

/** A client as a test describes it: what is left out is empty. A phone may name its type and the channels that are on. */
export interface Described extends Partial<Omit<NewClient, 'kind' | 'phones' | 'emails' | 'tags'>> {
  phones?: (string | { number: string, type?: string, on?: ('whatsapp' | 'viber' | 'sms')[] })[]
  emails?: (string | { address: string, agrees: boolean })[]
  tags?: string[]
  archived?: boolean
}

/** Makes a client as the form does, in a Polish shop: a company when it has a company's name, else a person. Returns its id. */
export async function addClient (db: Db, by: Pick<Person, 'id'>, described: Described): Promise<number> {
  const { phones = [], emails = [], tags = [], archived = false, ...fields } = described
  const types = new Map<string, number>((await db('phone_types').select('id', 'key')).map(type => [type.key, type.id]))
  const kind: Kind = fields.company_name ? 'company' : 'person'
  const values: NewClient = {
    kind, first_name: '', surname: '', company_name: '', is_supplier: false, is_conflicted: false, conflict_reason: '', address: '', language: '',
    campaign_id: null, location_id: null, discount_services: 0, discount_products: 0, note: '', ...fields,
    phones: phones.map(phone => {
      const { number, type = 'mobile', on = [] } = typeof phone === 'string' ? { number: phone } : phone
      const has = (channel: 'whatsapp' | 'viber' | 'sms') => on.includes(channel)
      return { id: null, number: readNumber(number, 'PL'), typeId: types.get(type)!, newType: '', whatsapp: has('whatsapp'), viber: has('viber'), sms: has('sms'), remove: false, was: '' }
    }),
    emails: emails.map(email => ({ id: null, ...(typeof email === 'string' ? { address: email, agrees: false } : email), remove: false, was: '' })),
    tags
  }
  const viewer = { id: by.id } as Viewer
  return db.transaction(async trx => {
    const id = await createClient(trx, viewer, values)
    if (archived) await setArchived(trx, viewer, { id, archived_at: null } as Parameters<typeof setArchived>[2], true)
    return id
  })
}

/** The dozen clients of the cast. */
export const CLIENTS = {
  lukasz: { first_name: 'Łukasz', surname: 'Żółkiewski', phones: [{ number: '600 123 456', on: ['whatsapp'] }], emails: [{ address: 'lukasz@poczta.example', agrees: true }], tags: ['VIP', 'Rowery'] },
  zofia: { first_name: 'Zofia', surname: 'Wójcik-Dąbrowska', phones: ['601 234 567', { number: '22 123 45 67', type: 'work' }], tags: ['Rowery'] },
  grzegorz: { first_name: 'Grzegorz', surname: 'Brzęczyszczykiewicz', emails: ['g.brzeczyszczykiewicz@poczta.example'] },
  jose: { first_name: 'José Luis', surname: 'García Núñez', phones: [{ number: '+34 612 345 678', on: ['viber', 'sms'] }], tags: ['Fleet'] },
  maria: { first_name: 'María de los Ángeles', surname: 'Peña', phones: [{ number: '+34 910 123 456', type: 'home' }], emails: ['maria.pena@correo.example'] },
  ines: { first_name: 'Inês', surname: 'Gonçalves', phones: ['+351 912 345 678'], emails: ['ines@correio.example'], discount_services: 10 },
  joao: { first_name: 'João', surname: 'Conceição', phones: ['+351 211 234 567'], is_conflicted: true, conflict_reason: 'Refuses to pay' },
  antonio: { first_name: 'Antônio', surname: 'Araújo', phones: ['+55 11 96123 4567'] },
  ela: { first_name: 'Ela', surname: 'Wąs', phones: ['12345'], note: 'Her phone has no valid number' },
  rowery: { company_name: 'Rowery Kowalski sp. z o.o.', phones: [{ number: '71 321 45 67', type: 'work' }], emails: ['biuro@rowery.example'], tags: ['Fleet'] },
  hurt: { company_name: 'Części Hurt S.A.', is_supplier: true, phones: ['61 855 12 34'], emails: ['zamowienia@hurt.example'] },
  stanislaw: { first_name: 'Stanisław', surname: 'Nowak', phones: ['602 345 678'], archived: true }
} satisfies Record<string, Described>

export type ClientName = keyof typeof CLIENTS

/** Makes the dozen, by Anna or whoever it is. Returns their ids by name. */
export async function addClients (db: Db, by: Pick<Person, 'id'>): Promise<Record<ClientName, number>> {
  const ids = {} as Record<ClientName, number>
  for (const [name, described] of Object.entries(CLIENTS)) ids[name as ClientName] = await addClient(db, by, described)
  return ids
}

/** The names in the rows of a list page, in their order. */
export const listed = (body: string): string[] => [...body.matchAll(/class="name"[^>]*>([^<]*)</g)].map(([, name]) => unescape(name!))

const unescape = (text: string) => text.replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')

/**
 * What a browser would send of the first form with this action: every input, textarea and select of it that isn't disabled, with
 * checkboxes only when they are checked. Buttons are left out: `press` is for the caller to add.
 */
export function formOf (body: string, action: string): Record<string, string | string[]> {
  const start = body.indexOf(`action="${action}"`)
  if (start === -1) throw new Error(`No form leads to ${action}`)
  const form = body.slice(start, body.indexOf('</form>', start))
  const sent: Record<string, string[]> = {}
  // For whom the form was made is left out, too: tests send one person's form as another's, who have it open themselves. See test/web/sent.test.ts.
  const add = (name: string | undefined, value: string) => { if (name && name !== PAGE_VIEWER) (sent[name] ??= []).push(unescape(value)) }
  const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  for (const [tag, inner] of form.matchAll(/<input\b[^>]*>|<textarea\b[^>]*>([^<]*)<\/textarea>|<select\b[^>]*>[^]*?<\/select>/g)) {
    const head = tag.slice(0, tag.indexOf('>') + 1)
    if (/\sdisabled\b/.test(head)) continue
    const name = attribute(head, 'name')
    if (tag.startsWith('<textarea')) add(name, inner ?? '')
    else if (tag.startsWith('<select')) {
      const options = [...tag.matchAll(/<option\b[^>]*>/g)].map(([option]) => option)
      const chosen = options.filter(option => /\sselected\b/.test(option))
      for (const option of chosen.length > 0 ? chosen : options.slice(0, 1)) add(name, attribute(option, 'value') ?? '')
    } else if (/type="(checkbox|radio)"/.test(head)) {
      if (/\schecked\b/.test(head)) add(name, attribute(head, 'value') ?? 'on')
    } else add(name, attribute(head, 'value') ?? '')
  }
  return Object.fromEntries(Object.entries(sent).map(([name, values]) => [name, values.length === 1 ? values[0]! : values]))
}
