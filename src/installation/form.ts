import { z } from 'zod'
import { newPassword } from '../sign-in/password.js'
import { email, oneOf, readForm, required, text, tick } from '../web/form.js'
import { LANGUAGES } from '../web/viewer.js'
import { isCountry, isCurrency, isTimeZone } from './choices.js'

const chosen = (isOne: (value: string) => boolean) => text(100).refine(isOne, { error: 'form.choose' })

const schema = z.object({
  code: text(20),
  company: required(200),
  country: chosen(isCountry),
  currency: chosen(isCurrency),
  time_zone: chosen(isTimeZone),
  language: oneOf(LANGUAGES),
  name: required(200),
  email,
  password: newPassword,
  example: tick
})

export type SetupValues = z.output<typeof schema>

export const readSetupForm = (body: unknown) => readForm(schema, body)
