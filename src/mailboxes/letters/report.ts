import type { SendProblem } from '../../messages/fate.js'

/** What became of a letter for one recipient, as a server tells (RFC 3464, 2.3). `delayed`: it is still being tried. */
export interface Delivery { address: string, fate: 'failed' | 'delayed' | 'delivered', status: string, said: string }

/** A report of deliveries. `ids`: those of the letters it may be about, the most likely first. */
export interface Report { deliveries: Delivery[], ids: string[] }

// Of one letter of ours there is one recipient.
const MOST = 20

/** Reads a report: the text of its delivery status, and of the head of the letter it is about. */
export function readReport (status: string, original: string): Report {
  const groups = status.replace(/\r\n?/g, '\n').split(/\n[ \t]*\n/).map(fieldsOf)
  const deliveries = groups.map(deliveryOf).filter(delivery => delivery !== null).slice(0, MOST)
  return { deliveries, ids: idsIn(fieldsOf(original.replace(/\r\n?/g, '\n')).get('message-id') ?? '') }
}

/** The ids in a header, without brackets. */
export const idsIn = (header: string): string[] => [...header.matchAll(/<([^<>\s]{1,500})>/g)].map(([, id]) => id!)

// The first of each name; a line that begins with a space goes on with the one before (RFC 5322, 2.2.3).
function fieldsOf (text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.replace(/\n[ \t]+/g, ' ').split('\n')) {
    if (line === '' && fields.size > 0) break
    const [, name, value] = /^([!-9;-~]+):\s*(.*)$/.exec(line) ?? []
    if (name && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value!.trim())
  }
  return fields
}

function deliveryOf (fields: Map<string, string>): Delivery | null {
  const address = addressIn(fields.get('original-recipient')) ?? addressIn(fields.get('final-recipient'))
  const status = /\b([245])\.\d{1,3}\.\d{1,3}\b/.exec(fields.get('status') ?? '')?.[0] ?? ''
  const fate = fateOf((fields.get('action') ?? '').toLowerCase().split(/[\s(]/)[0]!, status)
  if (!address || !fate) return null
  const said = (fields.get('diagnostic-code') ?? '').replace(/^[\w-]+\s*;\s*/, '')
  return { address, fate, status, said: (said.includes(status) ? said : `${status} ${said}`).trim().slice(0, 500) }
}

/** "rfc822; zofia@example.com" */
function addressIn (field = ''): string | null {
  const address = field.replace(/^[\w-]+\s*;\s*/, '').replace(/^<(.*)>$/, '$1').trim().toLowerCase()
  return address.includes('@') && address.length <= 254 && !/\s/.test(address) ? address : null
}

/** The action decides; a server that names none has a status, whose first digit says it (RFC 3463, 3.1). */
function fateOf (action: string, status: string): Delivery['fate'] | null {
  if (action === 'failed') return 'failed'
  if (action === 'delayed') return 'delayed'
  if (action === 'delivered') return 'delivered'
  if (action !== '') return null
  return status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : null
}

/** Why a letter came back, in a word of ours, by its status (RFC 3463). */
export function problemOf (status: string): SendProblem {
  const [, subject = '', detail = ''] = status.split('.')
  if (subject === '1' && ['1', '2', '3', '6', '10'].includes(detail)) return 'bad_address'
  if (subject === '2' && detail === '1') return 'bad_address'
  if (subject === '2' && detail === '2') return 'mailbox_full'
  if ((subject === '2' || subject === '3') && (detail === '3' || detail === '4')) return 'too_big'
  if (subject === '4') return detail === '4' ? 'unknown_host' : 'timeout'
  return 'not_accepted'
}
