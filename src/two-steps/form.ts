import { z } from 'zod'
import { readForm, text } from '../web/form.js'

const password = z.string().max(1000, { error: 'form.password_wrong' }).default('').refine(value => value !== '', { error: 'form.required' })
const code = text(60).refine(value => value !== '', { error: 'form.required' })

const withCode = z.object({ current_password: password, code })
const withoutCode = z.object({ current_password: password })

export const readCodeForm = (body: unknown) => readForm(withCode, body)
export const readPasswordForm = (body: unknown) => readForm(withoutCode, body)

const second = z.object({
  token: z.string().max(100).default('').catch(''),
  code: text(60),
  recovery: text(60),
  to: z.string().max(2000).default('').catch(''),
  kept: z.string().max(1024 * 1024).default('').catch('')
}).refine(({ code, recovery }) => code !== '' || recovery !== '', { path: ['code'], error: 'form.required' })

/** Reads the second step of a sign-in: a code of the app or a recovery code, and what waits behind it. */
export const readSecondStepForm = (body: unknown) => readForm(second, body)
