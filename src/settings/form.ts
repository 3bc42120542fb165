import { z } from 'zod'
import { isCountry, isCurrency, isTimeZone } from '../installation/choices.js'
import { oneOf, readForm, required, text } from '../web/form.js'
import { LANGUAGES, type Organisation, type Uniqueness } from '../web/viewer.js'

const chosen = (isOne: (value: string) => boolean) => text(100).refine(isOne, { error: 'form.choose' })

const general = z.object({
  company: required(200),
  country: chosen(isCountry),
  currency: chosen(isCurrency),
  time_zone: chosen(isTimeZone),
  language: oneOf(LANGUAGES)
})

export type GeneralValues = z.output<typeof general>

/** Reads the company's name, country, currency, time zone and language. */
export const readGeneralForm = (body: unknown) => readForm(general, body)

/** What the form shows before anything was typed. */
export const generalTyped = (organisation: Organisation) => ({
  company: organisation.name,
  country: organisation.country,
  currency: organisation.currency,
  time_zone: organisation.timeZone,
  language: organisation.language
})

const UNIQUENESS: readonly Uniqueness[] = ['allow', 'warn', 'refuse']

const uniqueness = z.object({ phone_uniqueness: oneOf(UNIQUENESS), email_uniqueness: oneOf(UNIQUENESS) })

export type UniquenessValues = z.output<typeof uniqueness>

/** Reads what happens when two clients have the same phone, or the same e-mail. */
export const readUniquenessForm = (body: unknown) => readForm(uniqueness, body)

/** What the form shows before anything was chosen. */
export const uniquenessTyped = (organisation: Organisation) => ({
  phone_uniqueness: organisation.phoneUniqueness,
  email_uniqueness: organisation.emailUniqueness
})
