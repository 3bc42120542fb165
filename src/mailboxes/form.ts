import { z } from 'zod'
import { SECURITIES } from '../mail/queries.js'
import { issue, oneOf, readForm, required, text, tick, type Body } from '../web/form.js'
import type { Mailbox } from './mailbox.js'

// A name or an address, IPv6 too; what it really is, the network says.
const HOST = /^[a-z0-9._:-]+$/i

// What would end a line of IMAP has no place in it.
const line = (max: number) => required(max).refine(value => !value.includes('\n'), { error: 'form.invalid' })

const schema = z.object({
  name: line(80),
  host: required(253).transform(value => value.replace(/^\[(.*)\]$/, '$1')).refine(value => value === '' || HOST.test(value), { error: 'mailboxes.host_wrong' }),
  port: required(5).transform((value, context) => {
    const port = /^\d+$/.test(value) ? Number(value) : 0
    if (value !== '' && (port < 1 || port > 65_535)) context.addIssue(issue('mail.port_wrong'))
    return port
  }),
  security: oneOf(SECURITIES),
  username: line(254),
  password: z.preprocess(value => typeof value === 'string' ? value : '', z.string().max(1000, { error: 'form.invalid' })),
  folder: text(200).refine(value => !value.includes('\n'), { error: 'form.invalid' }).transform(value => value || 'INBOX'),
  is_on: tick,
  marks_seen: tick,
  makes_leads: tick,
  version: z.coerce.number().int().min(0).catch(0)
})

export type MailboxValues = z.output<typeof schema>

/** Reads a mailbox. An empty password means the one there is. */
export const readMailboxForm = (body: unknown) => readForm(schema, body)

/** What the form of a new mailbox begins with. */
export const NEW_MAILBOX: Body = { name: '', host: '', port: '993', security: 'tls', username: '', folder: 'INBOX', is_on: '1' }

/** What the form shows before anything was typed. */
export const mailboxTyped = (mailbox: Mailbox): Body => ({
  name: mailbox.name, host: mailbox.host, port: String(mailbox.port), security: mailbox.security, username: mailbox.username, folder: mailbox.folder,
  is_on: mailbox.isOn ? '1' : '', marks_seen: mailbox.marksSeen ? '1' : '', makes_leads: mailbox.makesLeads ? '1' : ''
})
