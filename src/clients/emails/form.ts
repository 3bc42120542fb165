import { z } from 'zod'
import { isEmail, text, tick, type Body } from '../../web/form.js'
import { readRows, type ReadRows, type RowValues, type SentRow } from '../contacts/form.js'

/** One e-mail as the form sends it. */
export interface EmailValues extends RowValues {
  /** Undefined when the viewer saw it masked and typed no other. */
  address: string | undefined
  agrees: boolean
}

/** A row as it is shown again. */
export interface EmailRow extends SentRow { agrees: boolean }

const email = z.object({
  id: z.string().default(''),
  address: text(254),
  agrees: tick,
  remove: tick,
  masked: tick,
  was: z.string().max(64).default('').catch('')
})

/** Reads the rows of e-mails in a body. */
export function readEmails (body: Body): ReadRows<EmailValues, EmailRow> {
  return readRows(body, 'email', 'address', email, sent => ({ agrees: Boolean(sent.agrees) }), ({ address, ...boxes }, { id, isMasked, fail, isTwice }) => {
    if (!boxes.remove && !isMasked) {
      if (address === '') fail('address', 'emails.empty')
      else if (!isEmail(address)) fail('address', 'form.email')
      else if (isTwice(address.toLowerCase())) fail('address', 'emails.twice')
    }
    return { ...boxes, id, address: isMasked ? undefined : address }
  })
}
