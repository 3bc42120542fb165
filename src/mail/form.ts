import { z } from 'zod'
import { originOf } from '../config.js'
import { email, isEmail, issue, oneOf, readForm, text, type Body } from '../web/form.js'
import { keyFrom } from './dkim.js'
import { SECURITIES, type MailSettings } from './queries.js'

// A name or an address, IPv6 too; what it really is, the network says.
const HOST = /^[a-z0-9._:-]+$/i

const schema = z.object({
  sends: oneOf(['no', 'yes']).transform(value => value === 'yes'),
  host: text(253).transform(value => value.replace(/^\[(.*)\]$/, '$1')).refine(value => value === '' || HOST.test(value), { error: 'mail.host_wrong' }),
  port: text(5).transform((value, context) => {
    const port = value === '' ? null : /^\d+$/.test(value) ? Number(value) : 0
    if (port !== null && (port < 1 || port > 65_535)) context.addIssue(issue('mail.port_wrong'))
    return port
  }),
  security: oneOf(SECURITIES),
  username: text(254),
  password: z.preprocess(value => typeof value === 'string' ? value : '', z.string().max(1000, { error: 'form.invalid' })),
  sender_name: text(200).refine(value => !value.includes('\n'), { error: 'form.invalid' }),
  sender_address: text(254).refine(value => value === '' || isEmail(value), { error: 'form.email' }),
  public_url: text(300).transform((value, context) => {
    const origin = value === '' ? '' : originOf(value.includes('://') ? value : `https://${value}`)
    if (origin === null) context.addIssue(issue('mail.public_url_wrong'))
    return origin
  }),
  version: z.coerce.number().int().min(0).catch(0)
}).superRefine((values, context) => {
  if (!values.sends) return
  for (const name of ['host', 'port', 'sender_address', 'public_url'] as const) {
    if (values[name] === '' || values[name] === null) context.addIssue({ ...issue('form.required'), path: [name] })
  }
})

export type MailValues = z.output<typeof schema>

/** Reads how mail leaves. Of a server all that sending needs has to be there when it shall send. */
export const readMailForm = (body: unknown) => readForm(schema, body)

/** A whole number between two others; null for an empty field, where that may be. */
const whole = (least: number, most: number, optional = false) => text(10).transform((value, context): number | null => {
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (value === '' && optional) return null
  if (!(number >= least && number <= most)) context.addIssue(issue('mail.number_wrong', { least, most }))
  return number
})

const version = z.coerce.number().int().min(0).catch(0)

const letters = z.object({ signature: text(2000), per_minute: whole(1, 100_000, true), attachment_mb: whole(1, 50), version })
  .transform(({ per_minute: perMinute, attachment_mb: attachmentMb, ...rest }) => ({ ...rest, perMinute, attachmentMb: attachmentMb! }))

export type LetterValues = z.output<typeof letters>

/** Reads what holds for letters to clients. */
export const readLettersForm = (body: unknown) => readForm(letters, body)

export const DKIM_KEYS = ['keep', 'make', 'paste'] as const

const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/
const SELECTOR = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const dkim = z.object({
  domain: text(253).transform(value => value.toLowerCase()).refine(value => DOMAIN.test(value), { error: 'mail.dkim_domain_wrong' }),
  selector: text(63).transform(value => value.toLowerCase()).refine(value => SELECTOR.test(value), { error: 'mail.dkim_selector_wrong' }),
  key: oneOf(DKIM_KEYS),
  pem: text(10_000),
  version
}).superRefine(({ key, pem }, context) => {
  if (key === 'paste' && !keyFrom(pem)) context.addIssue({ ...issue('mail.dkim_key_wrong'), path: ['pem'] })
})

export type DkimValues = z.output<typeof dkim>

/** Reads the key that signs letters: the one there is, one to be made, or one that was pasted. */
export const readDkimForm = (body: unknown) => readForm(dkim, body)

/** Reads which settings the form was made of. */
export const versionOf = (body: unknown): number => version.parse((body as Body | undefined)?.version)

/** What the form of letters shows before anything was typed. */
export const lettersTyped = ({ signature, perMinute, attachmentMb }: MailSettings): Body => ({ signature, per_minute: perMinute === null ? '' : String(perMinute), attachment_mb: String(attachmentMb) })

/** What the form of DKIM shows before anything was typed: the sender's domain, as a receiver compares both. */
export const dkimTyped = ({ dkimDomain, dkimSelector, senderAddress }: MailSettings): Body =>
  ({ domain: dkimDomain ?? senderAddress?.split('@').at(-1) ?? '', selector: dkimSelector ?? 'clientela', key: dkimDomain === null ? 'make' : 'keep', pem: '' })

/** Reads where a test goes. */
export const readTestForm = (body: unknown) => readForm(z.object({ to: email }), body)

/** What the form shows before anything was typed. `here`: the address at which the viewer has opened it. */
export const mailTyped = (settings: MailSettings, here: string, company: string): Body => ({
  sends: settings.sends ? 'yes' : 'no',
  host: settings.host ?? '',
  port: String(settings.port ?? 587),
  security: settings.security,
  username: settings.username ?? '',
  sender_name: settings.senderName ?? company,
  sender_address: settings.senderAddress ?? '',
  public_url: settings.publicUrl ?? here
})
