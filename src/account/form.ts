import { z } from 'zod'
import { newPassword } from '../sign-in/password.js'
import { oneOf, readForm, required } from '../web/form.js'
import { LANGUAGES } from '../web/viewer.js'

const profile = z.object({ name: required(200), language: oneOf(LANGUAGES) })

const passwords = z.object({
  current_password: z.string().max(1000, { error: 'form.password_wrong' }).default('').refine(value => value !== '', { error: 'form.required' }),
  password: newPassword
})

export const readProfileForm = (body: unknown) => readForm(profile, body)
export const readPasswordForm = (body: unknown) => readForm(passwords, body)
