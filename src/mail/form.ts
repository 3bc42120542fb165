import { z } from 'zod'
import { originOf } from '../config.js'
import { email, isEmail, issue, oneOf, readForm, text, type Body } from '../web/form.js'
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
