import { z } from 'zod'
import { choiceName } from '../choices/form.js'
import { issue, readForm, text } from '../web/form.js'

const MOST = 10_000

/** A mark-up as people type it: "15", "+15 %", "-7,5", "−10%". Above -100: nothing is sold for less than nothing. */
const markUp = text(20).transform((value, context) => {
  const plain = value.replace(/\s*%$/, '').replace(',', '.').replace(/^[−–]/, '-').replace(/^([+-])\s+/, '$1').trim()
  const number = /^[+-]?\d+(\.\d+)?$/.test(plain) ? Math.round(Number(plain) * 100) / 100 : NaN
  if (plain === '') context.addIssue(issue('form.required'))
  else if (Number.isNaN(number)) context.addIssue(issue('price_types.not_a_number'))
  else if (number <= -100 || number > MOST) context.addIssue(issue('price_types.out_of_range'))
  return number || 0
})

const schema = z.object({ name: choiceName(60), mark_up: markUp })

export type PriceTypeValues = z.output<typeof schema>

/** Reads a price type's name and its mark-up on cost. */
export const readPriceTypeForm = (body: unknown) => readForm(schema, body)
